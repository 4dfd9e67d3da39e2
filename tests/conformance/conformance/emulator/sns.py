"""Subscriptions and topic policies; topics themselves moto makes from templates on its own."""

from typing import Any

from .kind import Kind, Made, Place, Properties, text
from .principals import refuse_missing


class Subscription(Kind):
    type = "AWS::SNS::Subscription"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        answer = place.client("sns").subscribe(TopicArn=properties["TopicArn"], Protocol=properties["Protocol"], Endpoint=properties["Endpoint"])
        return Made(answer["SubscriptionArn"])

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("sns").unsubscribe(SubscriptionArn=made.id)


class TopicPolicy(Kind):
    type = "AWS::SNS::TopicPolicy"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        refuse_missing(place, properties["PolicyDocument"], "topic policy")
        for topic in properties["Topics"]:
            place.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text(properties["PolicyDocument"]))
        return Made(name)

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        return self.create(place, made.id, properties)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        pass


def kinds() -> list[Any]:
    return [Subscription(), TopicPolicy()]
