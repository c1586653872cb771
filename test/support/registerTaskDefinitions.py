"""Registers the ECS task definitions on its input, a JSON list, with moto's ECS, and prints what became of each, a JSON list.

Before that each is held against botocore's model of the service: names, types and numbers as botocore itself does before a
request, and the words of enumerations, which it leaves to AWS.
"""

import json
import os
import sys

os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="eu-central-1")

import boto3
from botocore.validate import ParamValidator
from moto import mock_aws


def wrong_words(value, shape, path):
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from wrong_words(inner, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for index, inner in enumerate(value):
            yield from wrong_words(inner, shape.member, f"{path}[{index}]")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path} is {value}, none of {', '.join(shape.enum)}"


def judged(ecs, definition):
    shape = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape
    report = ParamValidator().validate(definition, shape)
    if report.has_errors():
        return {"problems": report.generate_report().split("\n")}
    problems = list(wrong_words(definition, shape, definition["family"]))
    if problems:
        return {"problems": problems}
    registered = ecs.register_task_definition(**definition)["taskDefinition"]
    return {"arn": registered["taskDefinitionArn"], "containers": registered["containerDefinitions"]}


with mock_aws():
    client = boto3.client("ecs")
    print(json.dumps([judged(client, definition) for definition in json.load(sys.stdin)]))
