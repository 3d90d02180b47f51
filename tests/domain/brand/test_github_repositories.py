"""Forms of repository names that people paste, and the advice for invalid ones."""

import pytest

from domain.brand import github_repositories
from schemas.errors import InvalidValue

FORMS = """
octocat/hello-world /octocat/hello-world/ octocat/hello-world.git github.com/octocat/hello-world
www.github.com/octocat/hello-world https://github.com/octocat/hello-world
https://GitHub.com/octocat/hello-world/ http://github.com/octocat/hello-world.git
https://github.com/octocat/hello-world/tree/main/docs
https://github.com/octocat/hello-world/blob/main/README.md?plain=1#top
https://github.com/octocat/hello-world?tab=readme-ov-file#install
https://user:token@github.com/octocat/hello-world.git https://api.github.com/repos/octocat/hello-world
git@github.com:octocat/hello-world.git github.com:octocat/hello-world
ssh://git@github.com/octocat/hello-world.git ssh://git@ssh.github.com:443/octocat/hello-world.git
git://github.com/octocat/hello-world.git git+ssh://git@github.com/octocat/hello-world.git
""".split()


@pytest.mark.parametrize("text", [" octocat/hello-world ", *FORMS])
def test_every_form_is_one_name(text: str) -> None:
    assert github_repositories.parse_repository_name(text) == "octocat/hello-world"


@pytest.mark.parametrize("text", ["a/b", "2dust/v2rayNG", "a-b-c/.github", "octo_acme/x_y.z", "A" * 39 + "/x"])
def test_real_names_pass_as_they_are(text: str) -> None:
    assert github_repositories.parse_repository_name(text) == text


#: Advice, with texts that lead to it.
ADVICE = {
    "owner/name": ["", "octocat", "octocat/", "octocat/hello/world"],
    "names no repository": ["https://github.com/octocat"],
    "no account": [
        *"-octocat/hello octo--cat/hello octocat-/hello https://github.com/topics/python".split(),
        "a" * 40 + "/hello",
    ],
    "no repository's name": [
        *"octocat/.. octocat/.git octocat/hellö".split(),
        *("octocat/hello world", "octocat/hello\nworld", "octocat/" + "x" * 101),
    ],
    "gist": ["https://gist.github.com/octocat/1"],
    "single files": ["https://raw.githubusercontent.com/octocat/hello/main/README.md"],
    "ingest/website": ["https://octocat.github.io/hello-world", "octocat.github.io/hello"],
    "not github.com": """https://gitlab.com/octocat/hello https://github.com.evil.test/octocat/hello
        https://github.com@evil.test/octocat/hello git@gitlab.com:octocat/hello.git""".split(),
    "https address": ["file:///octocat/hello"],
    "web address": ["https://[github.com/octocat/hello"],
    "at most 500": ["x" * 501],
}


@pytest.mark.parametrize(("text", "advice"), [(text, advice) for advice, texts in ADVICE.items() for text in texts])
def test_invalid_repository_gets_advice(text: str, advice: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        github_repositories.parse_repository_name(text)
    assert advice in refused.value.message
    assert refused.value.details["issues"][0]["path"] == "repoFullName"


@pytest.mark.parametrize("branch", ["main", "release/2.0", "feature/x-1", "ünïcode", "@x"])
def test_branches_pass(branch: str) -> None:
    assert github_repositories.check_branch_name(branch) == branch


@pytest.mark.parametrize("branch", ["", "a b", "a\0", *"-x a..b a~1 a^ a:b /a a/ a//b a.lock .a a. @ x@{1}".split()])
def test_branch_that_git_refuses_is_refused(branch: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        github_repositories.check_branch_name(branch)
    assert refused.value.details["issues"][0]["path"] == "branch"
