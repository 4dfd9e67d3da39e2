"""A resource of a type that neither moto nor we can make: it stands, and does nothing."""

from .kind import Kind, Made, Place, Properties


class _Attributes(dict[str, str]):
    """Any attribute has some value."""

    def __missing__(self, name: str) -> str:
        return f"{self['Arn']}/{name}" if name != "Arn" else ""

    def __contains__(self, name: object) -> bool:
        return True


class StandIn(Kind):
    def __init__(self, type: str) -> None:
        self.type = type

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        service, kind = self.type.split("::")[1:3]
        return Made(name, _Attributes(Arn=place.arn(service.lower(), f"{kind.lower()}/{name}")))

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        pass
