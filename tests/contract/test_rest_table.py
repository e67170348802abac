"""REST has every RPC, and the OpenAPI document is what it is made of."""

import re
from collections import Counter
from pathlib import Path

import pytest
from authz_cases import methods
from jsonschema import Draft202012Validator

from sightline.gateway.rest.contracts import public_rpcs
from sightline.gateway.rest.openapi.document import build
from sightline.gateway.rest.route import Shape
from sightline.gateway.rest.table import ROUTES, UNROUTED

VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_every_rpc_has_a_route_or_a_reason():
    """An RPC of the contracts that REST forgets fails here, by name; so does a route to none."""
    every = {f"{method.containing_service.name}/{method.name}" for method in methods()}
    routed = {route.rpc for route in ROUTES}
    assert routed | set(UNROUTED) == every
    assert not routed & set(UNROUTED)
    assert routed == set(public_rpcs())
    assert all(UNROUTED.values())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
def test_a_route_fits_its_contract(route):
    """What a row names is in the contract; what changes nothing is GET, and a stream is answered as one."""
    contract = route.contract
    names = {field.name for field in contract.request.fields}
    assert route.verb in VERBS
    assert set(route.in_path.values()) | set(route.beside) | set(dict(route.fixed)) <= names
    assert route.body in {"", "*"} | names
    # Its message is looked up: there is none of a name that the response has not.
    assert route.answer is not None
    if route.verb == "GET":
        assert not route.body
        assert contract.method.name.startswith(("Get", "List", "Watch", "Export", "Explain", "Verify", "WhoAmI"))
    assert (route.shape in {Shape.EVENTS, Shape.LINES}) is (
        contract.method.server_streaming and not contract.method.client_streaming
    )
    # Of what the RPC answers nothing is left away, but where an event goes on, and a count that is not asked for.
    left_away = {field.name for field in contract.response.fields} - {route.result} if route.result else set()
    assert left_away <= {"sequence", "named_person_count"}
    # A secret must not stand in an address.
    assert not [field.name for field in route.in_query if re.search("credential|secret|password", field.name)]


def test_paths_differ():
    """No two rows answer the same request, and no two operations have one name."""
    places = Counter((route.verb, re.sub(r"\{\w+\}", "{}", route.path)) for route in ROUTES)
    names = Counter(route.operation for route in ROUTES)
    assert [place for place, count in (places | names).items() if count > 1] == []
    shapes = {re.sub(r"\{\w+\}", "{}", route.path): route.path for route in ROUTES}
    assert set(shapes.values()) == {route.path for route in ROUTES}


def test_the_document_is_whole():
    """Every route is an operation; each reference leads somewhere; each schema is one; what is there is said."""
    document = build()
    operations = {each["operationId"] for path in document["paths"].values() for each in path.values()}
    others = {"CreateAwsKey", "ListAwsKeys", "GetAwsKey", "DeleteAwsKey", "ReadStreamRecords"}
    assert operations == {route.operation for route in ROUTES} | {"GetOpenApi"} | others
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references == set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    watchlist = schemas["CreateWatchlistBody"]
    assert watchlist["required"] == ["name", "purpose"]
    assert watchlist["properties"]["name"]["description"] == "Unique in the installation."


def test_whoever_reads_the_document_is_told_what_there_is():
    """What each operation does, and what parameters mean that nearly all of them have."""
    operations = [each for path in build()["paths"].values() for each in path.values()]
    assert [each["operationId"] for each in operations if not each.get("description")] == []
    parameters = [(each["operationId"], one) for each in operations for one in each.get("parameters", ())]
    common = ("page_size", "page_token", "purpose", "case_reference")
    untold = [(name, one["name"]) for name, one in parameters if one["name"] in common and "description" not in one]
    assert untold == []


def test_what_programs_make_of_the_document_has_names():
    """Bodies and problems are schemas of their own: else a generated client has a class of each for each status."""
    operations = [each for path in build()["paths"].values() for each in path.values()]
    bodies = [
        media["schema"] for each in operations for media in each.get("requestBody", {"content": {}})["content"].values()
    ]
    assert len(bodies) > 40
    assert [body for body in bodies if body.get("type") == "object"] == []
    problem = build()["components"]["responses"]["Problem"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/ProblemDocument"}


@pytest.mark.parametrize(("path", "needed"), [("video-detections", True), ("index/rebuild", False)])
def test_a_body_is_needed_where_something_has_to_be_in_it(path, needed):
    """Also where it is one of several; and where nothing has to, none need be sent."""
    assert build()["paths"][f"/v1/{path}"]["post"]["requestBody"]["required"] is needed


def test_the_readme_names_paths_that_are_there():
    """Paths in REST.md are those of the document."""
    text = (Path(__file__).parents[2] / "services" / "gateway" / "REST.md").read_text()
    templates = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in build()["paths"]]
    named = set(re.findall(r"(/v1/[\w./{}$-]+)", text))
    assert len(named) > 15
    assert [path for path in named if not any(template.fullmatch(path) for template in templates)] == []
