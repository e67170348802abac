"""The part of the broker's configuration that says who may do what: an account for each party, made from the table.

It holds public keys alone. nats-server reads it by an `include` in its own configuration.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sightline.chassis.broker_objects import Party
from sightline.chassis.broker_permissions import API, PULL, copies, permissions
from sightline.chassis.errors import InvalidInput
from sightline.chassis.identity.secrets_folder import SecretsFolder
from sightline.chassis.parties import PARTIES, reader
from sightline.chassis.topology import TOPOLOGY

STORE = "SIGHTLINE"
"""The account with the streams. Nobody logs in to it, but who restores a backup where there are none."""
READER_PREFIX = "reader-"
# What each account calls JetStream's API of the other one: its own stands under the usual name, and is empty.
_LENT_API = "JS.API"
_READER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_HEAD = f"""# Who may do what at the broker. `sightline broker config` writes this file from the topology table, after
# each change of the secrets and with every new release. Nothing in it is a secret. Each party has an account of its
# own, and is lent of {STORE}, where the streams are, what it needs.
"""


def parties(names: Iterable[str]) -> list[Party]:
    """The rows of the table of those who have keys."""
    readers = (name.removeprefix(READER_PREFIX) for name in names if name.startswith(READER_PREFIX))
    return [*PARTIES.values(), *(reader(name) for name in sorted(readers))]


def public_keys(folder: SecretsFolder) -> dict[str, str]:
    """By party, the public keys of the private ones in a folder of secrets.

    Raises:
        FailedPrecondition: SECRETS_MISSING, SECRET_INVALID, SECRET_EXPOSED.
    """
    readers = (path.stem for path in folder.path.glob(f"{READER_PREFIX}*.nk"))
    return {party.name: folder.broker_public_key(party.name) for party in parties(readers)}


def check_reader(name: str) -> str:
    """Give the name of a reader's key. Raises InvalidInput READER_NAME_INVALID."""
    if not _READER_NAME.fullmatch(name):
        raise InvalidInput("READER_NAME_INVALID", f"'{name}' is no name; give it up to 41 of a-z, 0-9 and '-'")
    if name in {consumer.name for consumer in TOPOLOGY.consumers}:
        raise InvalidInput("READER_NAME_INVALID", f"'{name}' is the place of a service of ours; choose another name")
    return READER_PREFIX + name


def adopt_streams(store_dir: Path) -> None:
    """Give the streams of an older release, which had one account for all, to the account that has them now.

    The broker must not run.
    """
    streams = store_dir / "jetstream"
    if (streams / "$G").is_dir() and not (streams / STORE).exists():
        (streams / "$G").rename(streams / STORE)


def accounts_conf(keys: Mapping[str, str], store_users: str = "") -> str:
    """Write the accounts.

    Args:
        keys: public keys by party.
        store_users: users of the account with the streams, as nats-server's configuration has them; for tests.
    """
    rows = parties(keys)
    apart = [party for party in rows if not party.restores]
    within = [_user(party, keys[party.name]) for party in rows if party.restores]
    accounts = (_account(party, keys[party.name], apart) for party in apart)
    users = ", ".join([*within, store_users] if store_users else within)
    return "\n".join([_HEAD, "accounts {", _store(apart, users), *accounts, "}", ""])


def _store(rows: list[Party], users: str) -> str:
    lent = defaultdict(list)
    for party in rows:
        for subject in permissions(party).borrowed:
            lent[subject].append(_name(party))
    exports = [
        f'{{service: "{subject}", {_answers(subject)}accounts: [{", ".join(to)}]}}'
        for subject, to in sorted(lent.items())
    ]
    exports += [f'{{stream: "{subject}", accounts: [{_name(to)}]}}' for to in rows for subject in copies(to)]
    return f"  {STORE} {{\n    jetstream: enabled\n    users: [{users}]\n    exports: {_lines(exports)}\n  }}"


def _account(party: Party, key: str, rows: list[Party]) -> str:
    imports = [
        f'{{service: {{account: {STORE}, subject: "{subject}"}}, to: "{_lent(subject)}"}}'
        for subject in permissions(party).borrowed
    ]
    imports += [f'{{stream: {{account: {STORE}, subject: "{subject}"}}}}' for subject in copies(party)]
    imports += [f'{{stream: {{account: {_source(subject, rows)}, subject: "{subject}"}}}}' for subject in party.hears]
    exports = [
        f'{{stream: "{subject}", accounts: [{", ".join(_name(to) for to in rows if subject in to.hears)}]}}'
        for subject in party.says
    ]
    return f"""  {_name(party)} {{
    users: [{_user(party, key)}]
    mappings: {{"{API}.>": "{_LENT_API}.>"}}
    imports: {_lines(imports)}
    exports: {_lines(exports)}
  }}"""


def _user(party: Party, key: str) -> str:
    allowed = permissions(party)
    # In an account of its own JetStream's API stands under another name.
    called = str if party.restores else _lent
    publish = f"allow: {_lines(_quoted(map(called, allowed.publish)), 10)}"
    deny = f"deny: {_lines(_quoted(map(called, allowed.deny)), 10)}"
    subscribe = f"allow: {_lines(_quoted(allowed.subscribe), 10)}"
    return f"""{{nkey: {key}, permissions: {{
        publish: {{{publish}, {deny}}}
        subscribe: {{{subscribe}}}
    }}}}"""


def _source(subject: str, rows: list[Party]) -> str:
    """The account of who says that."""
    return next(_name(party) for party in rows if subject in party.says)


def _answers(subject: str) -> str:
    return "response_type: stream, " if subject.startswith(PULL) else ""


def _lent(subject: str) -> str:
    return subject.replace(API, _LENT_API, 1) if subject.startswith(f"{API}.") else subject


def _quoted(subjects: Iterable[str]) -> Iterator[str]:
    return (f'"{subject}"' for subject in subjects)


def _name(party: Party) -> str:
    return party.name.upper()


def _lines(items: Iterable[str], indent: int = 6) -> str:
    text = "".join(f"{' ' * indent}{item}\n" for item in items)
    return f"[\n{text}{' ' * (indent - 2)}]" if text else "[]"
