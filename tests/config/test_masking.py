"""How settings are shown: of what cannot be told from a secret nothing is."""

import pytest

from doorstep.config.masking import DOTS, difference

MANY_LINES = '''\
[[notify.apprise]]  # the phone
name = "phone"
url = """
tgram://tokenword/chatword
key = secondword
["thirdword"]
"""
'''
A_LIST = """\
[[camera]]
id = "a"
passwords = [
  "tokenword", # or chatword
  "secondword",
]
"""


@pytest.mark.parametrize("text", [MANY_LINES, A_LIST])
def test_a_secret_that_goes_over_lines_is_not_shown(text: str) -> None:
    lines = [line.text for line in difference(text, text.replace("tokenword", "otherword") + "\n[events]\n")]
    told = "\n".join(lines)
    assert "[events]" in lines
    assert DOTS in lines
    assert not any(word in told for word in ("tokenword", "otherword", "chatword", "secondword", "thirdword"))
