from sightline.match.settings import MatchSettings


def test_the_key_of_an_index_server_is_never_shown(monkeypatch):
    """Printed, logged or dumped, settings do not contain it."""
    monkeypatch.setenv("SIGHTLINE_QDRANT_API_KEY", "correct horse")
    settings = MatchSettings()
    assert settings.qdrant_api_key.get_secret_value() == "correct horse"
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert "correct horse" not in shown
