"""Policies changed at random: words, statements and conditions, most of them in ways that people get them wrong."""

import copy
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from .iam.conditions import as_list

Statement = dict[str, Any]

DOCUMENTS = {
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::KMS::ReplicaKey": "KeyPolicy",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::IAM::ManagedPolicy": "PolicyDocument",
}
KEYS = (
    ("aws:SourceAccount", "111111111111"),
    ("aws:PrincipalArn", "arn:aws:iam::*:role/*"),
    ("aws:SecureTransport", "true"),
    ("aws:SecureTransport", "false"),
    ("aws:PrincipalAccount", "111111111111"),
    ("aws:PrincipalType", "AssumedRole"),
    ("aws:PrincipalIsAWSService", "false"),
    ("aws:PrincipalTag/team", "x"),
    ("aws:ResourceAccount", "111111111111"),
    ("aws:SourceArn", "arn:aws:codepipeline:*:*:*"),
    ("aws:ViaAWSService", "true"),
    ("iam:PassedToService", "cloudformation.amazonaws.com"),
    ("kms:CallerAccount", "111111111111"),
    ("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::*"),
    ("kms:ViaService", "s3.us-east-1.amazonaws.com"),
    ("s3:x-amz-server-side-encryption", "aws:kms"),
    ("s3:x-amz-server-side-encryption", "AES256"),
    ("sts:ExternalId", "x"),
)
OPERATORS = (
    *("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
    *("ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "Bool", "Null"),
    *("ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "ForAllValues:StringLike", "ForAllValues:StringNotLike"),
)
PRINCIPALS = ("*", {"AWS": "*"}, {"AWS": "333333333333"}, {"Service": "codepipeline.amazonaws.com"}, {"Service": "cloudformation.amazonaws.com"})


def change(template: dict[str, Any], dice: Random) -> str | None:
    """Changes one statement of a template, and says which and how; nothing where the dice found nothing to change."""
    documents = list(_documents(template))
    if not documents:
        return None
    where, document = dice.choice(documents)
    statements = document["Statement"] = as_list(document["Statement"])
    index = dice.randrange(len(statements))
    how, before = dice.choice(WAYS), copy.deepcopy(statements)
    how(statements, index, dice)
    if not statements or statements == before:
        return None
    now = statements[-1] if len(statements) > len(before) else statements[index] if len(statements) == len(before) else "nothing"
    return f"{where}, statement {index}: {(how.__doc__ or '').rstrip('.')}; now {now}"


def _documents(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template.get("Resources", {}).items():
        properties = resource.get("Properties", {})
        if resource["Type"] in DOCUMENTS:
            yield name, properties[DOCUMENTS[resource["Type"]]]
        elif resource["Type"] == "AWS::IAM::Role":
            yield f"trust of {name}", properties["AssumeRolePolicyDocument"]
            yield from ((name, policy["PolicyDocument"]) for policy in properties.get("Policies", []))


def _removed(statements: list[Statement], index: int, dice: Random) -> None:
    """removed."""
    statements.pop(index)


def _turned(statements: list[Statement], index: int, dice: Random) -> None:
    """its effect turned."""
    statements[index]["Effect"] = "Deny" if statements[index]["Effect"] == "Allow" else "Allow"


def _words(statements: list[Statement], index: int, dice: Random) -> None:
    """other words in one element."""
    statement = statements[index]
    name = dice.choice([name for name in ("Action", "Resource", "Principal") if name in statement])
    if name != "Principal":
        statement[name] = _other(statement[name], dice)
    elif isinstance(statement[name], dict):
        kind = dice.choice(sorted(statement[name]))
        statement[name] = statement[name] | {kind: _other(statement[name][kind], dice)}


def _opposite(statements: list[Statement], index: int, dice: Random) -> None:
    """the opposite of one element."""
    statement = statements[index]
    name = dice.choice([name for name in ("Action", "Resource") if name in statement] or ["Action"])
    if name in statement:
        statement[f"Not{name}"] = statement.pop(name)


def _principal(statements: list[Statement], index: int, dice: Random) -> None:
    """another principal."""
    if "Principal" in statements[index]:
        statements[index]["Principal"] = copy.deepcopy(dice.choice(PRINCIPALS))


def _condition(statements: list[Statement], index: int, dice: Random) -> None:
    """another condition."""
    conditions = statements[index].get("Condition")
    if not conditions:
        return
    operator = dice.choice(sorted(conditions))
    key = dice.choice(sorted(conditions[operator]))
    value = conditions[operator].pop(key)
    match dice.choice(("gone", "value", "operator", "exists", "key")):
        case "value":
            conditions[operator][key] = _other(value, dice)
        case "operator":
            conditions.setdefault(dice.choice(OPERATORS), {})[key] = value
        case "exists" if not operator.endswith("IfExists") and operator != "Null":
            conditions.setdefault(f"{operator}IfExists", {})[key] = value
        case "key":
            conditions[operator][dice.choice(KEYS)[0]] = value
    left = {operator: keys for operator, keys in conditions.items() if keys}
    if left:
        statements[index]["Condition"] = left
    else:
        del statements[index]["Condition"]


def _one_more(statements: list[Statement], index: int, dice: Random) -> None:
    """one more condition."""
    operator, key, value = _random_condition(dice)
    statements[index].setdefault("Condition", {}).setdefault(operator, {})[key] = value


def _denied(statements: list[Statement], index: int, dice: Random) -> None:
    """denied by one more statement."""
    denial = copy.deepcopy(statements[index]) | {"Effect": "Deny"}
    denial.pop("Sid", None)
    if dice.random() < 0.8:
        operator, key, value = _random_condition(dice)
        conditions = denial.get("Condition", {}) if dice.random() < 0.7 else {}
        denial["Condition"] = conditions | {operator: conditions.get(operator, {}) | {key: value}}
    if "Principal" in denial and dice.random() < 0.5:
        denial["Principal"] = "*"
    statements.append(denial)


# What people do most is likeliest.
WAYS: tuple[Callable[[list[Statement], int, Random], None], ...] = (
    *(_removed, _turned, _principal),
    *(_words, _words, _words),
    *(_opposite, _opposite),
    *(_condition, _condition, _condition),
    *(_one_more, _one_more),
    *(_denied, _denied),
)


def _random_condition(dice: Random) -> tuple[str, str, Any]:
    key, value = dice.choice(KEYS)
    operator = dice.choice(OPERATORS)
    if operator == "Null":
        return operator, key, dice.choice(("true", "false"))
    if value in ("true", "false"):
        operator = dice.choice(("Bool", "StringEquals", "StringNotEquals"))
    if dice.random() < 0.25:
        operator += "IfExists"
    return operator, key, [value] if dice.random() < 0.3 else value


def _other(value: Any, dice: Random) -> Any:
    if not isinstance(value, list):
        return _other_word(value, dice)
    values = list(value)
    place = dice.randrange(len(values))
    if len(values) > 1 and dice.random() < 0.6:
        values.pop(place)
    else:
        values[place] = _other_word(values[place], dice)
    return values


def _other_word(word: Any, dice: Random) -> Any:
    if not isinstance(word, str) or not word:
        return word
    place = dice.randrange(len(word))
    accounts = list(re.finditer(r"\d{12}", word))
    ways = [
        word[:place] + word[place + 1 :],
        word[:place] + dice.choice("a0*?/-:") + word[place:],
        word[:place] + "*",
        word[:place] + "?" + word[place + 1 :],
        word.replace("*", "", 1),
        word.replace("us-east-1", "eu-west-1") if "us-east-1" in word else word.replace("eu-west-1", "us-east-1"),
        word.upper(),
        word.lower(),
        word + "*",
        "*",
    ]
    if accounts:
        account = dice.choice(accounts)
        ways += [word[: account.start()] + other + word[account.end() :] for other in ("999999999999", "${aws:PrincipalAccount}")]
    return dice.choice(ways)
