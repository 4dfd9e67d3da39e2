"""CloudFormation's functions, evaluated: a template value becomes plain JSON."""

import re
from collections.abc import Callable
from typing import Any

from .assembly import Stack
from .naming import partition

NOTHING = object()
# (stack, logical id, attribute or None for Ref) -> value
Lookup = Callable[[Stack, str, str | None], Any]


class Unresolved(Exception):
    """The template asks for something that nobody can know from the templates."""


# A reference to a parameter of Parameter Store in its newest version.
DYNAMIC = re.compile(r"\{\{resolve:ssm:([A-Za-z0-9_.\-/]+)\}\}")


class Resolver:
    def __init__(
        self,
        stack: Stack,
        lookup: Lookup,
        exports: Callable[[Stack, str], Any],
        parameters: dict[str, Any] | None = None,
        stored: Callable[[Stack, str], str | None] = lambda stack, name: None,
    ) -> None:
        self.stack, self.lookup, self.exports, self.parameters, self.stored = stack, lookup, exports, parameters or {}, stored

    def __call__(self, value: Any) -> Any:
        result = self._value(value)
        return None if result is NOTHING else result

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in (self._value(one) for one in value) if item is not NOTHING]
        if isinstance(value, str):
            # What no template makes stays as it is: only the account can tell.
            return DYNAMIC.sub(lambda found: str(self.stored(self.stack, found[1]) or found[0]), value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::") or function == "Condition" and isinstance(argument, str):
                return self._function(function, argument)
        return {key: item for key, item in ((key, self._value(one)) for key, one in value.items()) if item is not NOTHING}

    def _ref(self, name: str) -> Any:
        stack, part = self.stack, partition(self.stack.region)
        pseudo = {
            "AWS::AccountId": stack.account,
            "AWS::Region": stack.region,
            "AWS::Partition": part,
            "AWS::URLSuffix": "amazonaws.com.cn" if part == "aws-cn" else "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": f"arn:{part}:cloudformation:{stack.region}:{stack.account}:stack/{stack.name}/0",
            "AWS::NoValue": NOTHING,
        }
        if name in pseudo:
            return pseudo[name]
        if name in stack.template.get("Parameters", {}):
            if name in self.parameters:
                return self.parameters[name]
            parameter = stack.template["Parameters"][name]
            if "Default" not in parameter:
                raise Unresolved(f"parameter {name} of {stack.id} has no default")
            return parameter["Default"]
        if name not in stack.resources:
            raise Unresolved(f"{stack.id}: nothing is called {name}")
        return self.lookup(stack, name, None)

    def _function(self, function: str, argument: Any) -> Any:
        if function == "Fn::GetAtt":
            name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            if name not in self.stack.resources:
                raise Unresolved(f"{self.stack.id}: nothing is called {name}")
            return self.lookup(self.stack, name, attribute)
        if function == "Fn::Join":
            return argument[0].join(str(part) for part in self._value(argument[1]))
        if function == "Fn::Sub":
            return self._sub(argument)
        if function == "Fn::Select":
            return self._value(argument[1])[int(self._value(argument[0]))]
        if function == "Fn::Split":
            return str(self._value(argument[1])).split(argument[0])
        if function == "Fn::ImportValue":
            return self.exports(self.stack, self._value(argument))
        if function == "Fn::FindInMap":
            table, first, second = (self._value(part) for part in argument[:3])
            return self.stack.template["Mappings"][table][first][second]
        if function == "Fn::If":
            return self._value(argument[1] if self._condition(argument[0]) else argument[2])
        raise Unresolved(f"{self.stack.id}: {function}")

    def _sub(self, argument: Any) -> str:
        template, given = argument if isinstance(argument, list) else (argument, {})
        known = {key: self._value(value) for key, value in given.items()}

        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in known:
                return str(known[name])
            return str(self._function("Fn::GetAtt", name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", one, template)

    def _condition(self, name: str) -> bool:
        return bool(self._test(self.stack.template["Conditions"][name]))

    def _test(self, test: Any) -> bool:
        (function, argument), = test.items()
        if function == "Condition":
            return self._condition(argument)
        if function == "Fn::Equals":
            return self._value(argument[0]) == self._value(argument[1])
        if function == "Fn::Not":
            return not self._test(argument[0])
        if function == "Fn::And":
            return all(self._test(one) for one in argument)
        if function == "Fn::Or":
            return any(self._test(one) for one in argument)
        raise Unresolved(f"{self.stack.id}: condition {function}")
