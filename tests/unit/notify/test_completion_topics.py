"""Where the settings send completions of jobs, and what signs them."""

from __future__ import annotations

import base64

import pytest

from sightline.chassis.errors import FailedPrecondition, InvalidInput
from sightline.notify.completion_topics import read_topics
from sightline.notify.webhook_sender import WebhookRules

RULES = WebhookRules()
ARN = "arn:aws:sns:us-east-1:000000000000:done"
SOMEBODY = "user:of-nobody"
SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


@pytest.fixture
def secret_file(tmp_path):
    """A function that writes the file of secrets."""

    def write(text, mode=0o600):
        path = tmp_path / "sns"
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def test_a_topic_is_known_by_its_name(secret_file):
    """Whatever its region and account; one that the settings do not have goes nowhere."""
    topics = read_topics({"done": "https://hooks.example/sns"}, secret_file(SECRET), RULES)
    assert topics.url_of(ARN) == "https://hooks.example/sns"
    assert topics.url_of(ARN.replace("000000000000:", "111111111111:")) == "https://hooks.example/sns"
    assert topics.url_of(f"{ARN}-not") is None
    assert [len(secret.key) for secret in topics.secrets] == [32]
    assert "hooks.example" not in repr(topics)
    assert read_topics({}, None, RULES).url_of(ARN) is None


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (SECRET, 0o644, "chmod o-rwx"),
        ("", 0o600, "whsec_"),
        (SECRET.removeprefix("whsec_"), 0o600, "whsec_"),
        ("whsec_c2hvcnQ=", 0o600, "24 to 64 bytes"),
        ("whsec_?", 0o600, "base64"),
    ],
)
def test_nothing_leaves_unsigned(secret_file, text, mode, said):
    """A file that is open to others, or holds something else than secrets, ends the start; it is not repeated."""
    with pytest.raises(FailedPrecondition, match="SNS_SECRET_INVALID") as caught:
        read_topics({"done": "https://hooks.example/"}, secret_file(text, mode), RULES)
    assert said in caught.value.message
    assert not text or text not in caught.value.message


def test_a_topic_without_a_secret_is_refused():
    """The message says which setting is missing."""
    with pytest.raises(FailedPrecondition, match="SIGHTLINE_SNS_SECRET_FILE"):
        read_topics({"done": "https://hooks.example/"}, None, RULES)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/", "WEBHOOK_NOT_HTTPS"),
        ("https://169.254.169.254/latest", "WEBHOOK_ADDRESS_REFUSED"),
        (f"https://{SOMEBODY}@hooks.example/", "WEBHOOK_URL_INVALID"),
    ],
)
def test_urls_are_those_of_webhooks(secret_file, url, reason):
    """What a subscription may not have, the settings may not, either."""
    with pytest.raises(InvalidInput, match=reason):
        read_topics({"done": url}, secret_file(SECRET), RULES)
