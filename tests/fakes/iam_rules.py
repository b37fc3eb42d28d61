"""What IAM policy documents allow, by the rules of AWS ("Policy evaluation logic"): a Deny wins, nothing is allowed
that nobody allowed.  Words that this does not know are an error, not an answer.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]
KNOWN = {"Sid", "Effect", "Action", "Resource", "NotResource", "Condition"}


def allows(documents: Iterable[Document], action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether somebody with these documents may do this; `context` are the condition keys of the request."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _listed(document["Statement"])
        if _is_about(statement, action, resource, context or {})
    }
    return "Allow" in effects and "Deny" not in effects


def allowed_words(documents: Iterable[Document]) -> list[tuple[str, str]]:
    """Every action that is allowed, as written, with its resource."""
    return [
        (action, resource)
        for document in documents
        for statement in _listed(document["Statement"])
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def _is_about(statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    assert set(statement) <= KNOWN, statement
    assert ("Resource" in statement) != ("NotResource" in statement), statement
    if not any(_fits(pattern, action, ignore_case=True) for pattern in _listed(statement["Action"])):
        return False
    if "Resource" in statement:
        if not any(_fits(pattern, resource) for pattern in _listed(statement["Resource"])):
            return False
    elif any(_fits(pattern, resource) for pattern in _listed(statement["NotResource"])):
        return False
    return all(
        _holds(operator, wanted, context.get(key))
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: Any, found: str | None) -> bool:
    """A key that the request does not have fits nothing."""
    if found is None:
        return False
    if operator == "StringEquals":
        return found in _listed(wanted)
    if operator == "Bool":
        return found.lower() == str(wanted).lower()
    msg = f"what does {operator} mean?"
    raise NotImplementedError(msg)


def _fits(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    words = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(words, text, re.IGNORECASE if ignore_case else 0) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
