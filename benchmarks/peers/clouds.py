"""The peers that imitate one vendor each, with state: moto (Amazon's) and Azurite (Microsoft's).

They cannot give our answers, so they are asked for what is nearest: an object of the same bytes,
a message accepted into a queue, a page of 250 stored items.
"""

from __future__ import annotations

import base64
import hmac
import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from . import answers
from .answers import GET, PAGE, POST
from .installing import node_modules, program, python_programs
from .programs import Peer

SCOPE = "AWS4-HMAC-SHA256 Credential=bench/20260506/us-east-1/{}/aws4_request, "
SIGNED = "SignedHeaders=host;x-amz-date, Signature=0"
BATCH = 25


class Moto(Peer):
    """moto's server: an object in S3, a message to SQS, a query of DynamoDB."""

    name = "moto"

    def command(self) -> list[str]:
        return [str(python_programs() / "moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]

    def probe(self) -> str:
        return "/moto-api/"

    def fill(self) -> None:
        self.call("PUT", "/bench", b"", _aws("s3"))
        self.call("PUT", "/bench/workspace.json", self.exchanges[GET].answer, _aws("s3"))
        self.call("POST", "/", {"QueueName": "bench"}, _aws("sqs", "AmazonSQS.CreateQueue"))
        if PAGE in self.exchanges:
            self._fill_table()

    def _fill_table(self) -> None:
        keys = (("folder", "HASH", "S"), ("number", "RANGE", "N"))
        table = {
            "TableName": "messages",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
            "AttributeDefinitions": [
                {"AttributeName": key, "AttributeType": letter} for key, _, letter in keys
            ],
        }
        self._dynamo("CreateTable", table)
        items = [_item(each) for each in answers.stored(self.exchanges[PAGE], self.stored)]
        for first in range(0, len(items), BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in items[first : first + BATCH]]
            self._dynamo("BatchWriteItem", {"RequestItems": {"messages": puts}})

    def _dynamo(self, operation: str, body: dict[str, Any]) -> None:
        self.call("POST", "/", body, _aws("dynamodb", f"DynamoDB_20120810.{operation}"))

    def requests(self) -> dict[str, bytes]:
        sms = self.exchanges[POST]
        message = {"QueueUrl": f"{self.url}/123456789012/bench", "MessageBody": _text(sms)}
        query = {
            "TableName": "messages",
            "KeyConditionExpression": "folder = :folder",
            "ExpressionAttributeValues": {":folder": {"S": "sent"}},
            "ScanIndexForward": False,
            "Limit": answers.PAGE_SIZE,
        }
        asked = {
            GET: self.request("GET", "/bench/workspace.json", None, _aws("s3")),
            POST: self._post(message, _aws("sqs", "AmazonSQS.SendMessage")),
            PAGE: self._post(query, _aws("dynamodb", "DynamoDB_20120810.Query")),
        }
        return {name: request for name, request in asked.items() if name in self.exchanges}

    def _post(self, body: dict[str, Any], headers: dict[str, str]) -> bytes:
        return self.request("POST", "/", json.dumps(body).encode(), headers)


def _aws(service: str, operation: str = "") -> dict[str, str]:
    """Return headers that say which service is meant; moto checks no signature."""
    headers = {"Authorization": SCOPE.format(service) + SIGNED, "X-Amz-Date": "20260506T100000Z"}
    if operation:
        headers |= {"X-Amz-Target": operation, "Content-Type": "application/x-amz-json-1.0"}
    return headers


def _item(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "folder": {"S": "sent"},
        "number": {"N": str(message["id"])},
        "message": {"S": json.dumps(message)},
    }


ACCOUNT = "devstoreaccount1"
# The key that Azurite's manual gives for the account that it comes with.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2019-12-12"


class Azurite(Peer):
    """Azurite's queues, in memory: a message put into one."""

    name = "Azurite"

    def command(self) -> list[str]:
        azurite = node_modules() / "azurite/dist/src/queue/main.js"
        where = ["--queueHost", "127.0.0.1", "--queuePort", str(self.port)]
        options = ["--silent", "--inMemoryPersistence", "--disableTelemetry"]
        return [program("node"), str(azurite), *where, *options]

    def probe(self) -> str:
        return f"/{ACCOUNT}?comp=list&{_pass()}"

    def fill(self) -> None:
        self.call("PUT", f"/{ACCOUNT}/bench?{_pass()}", b"")

    def requests(self) -> dict[str, bytes]:
        text = (
            f"<QueueMessage><MessageText>{_text(self.exchanges[POST])}</MessageText></QueueMessage>"
        )
        path = f"/{ACCOUNT}/bench/messages?{_pass()}"
        return {
            POST: self.request("POST", path, text.encode(), {"Content-Type": "application/xml"})
        }


def _pass() -> str:
    """Return the query of a signed address that may do everything with queues."""
    wish = {"sp": "rwdlacup", "ss": "q", "srt": "sco", "se": "2099-01-01T00:00:00Z", "sv": VERSION}
    text = f"{ACCOUNT}\n{wish['sp']}\n{wish['ss']}\n{wish['srt']}\n\n{wish['se']}\n\n\n{VERSION}\n"
    signature = hmac.new(base64.b64decode(KEY), text.encode(), sha256).digest()
    return urlencode({**wish, "sig": base64.b64encode(signature).decode()})


def _text(exchange: answers.Exchange) -> str:
    assert exchange.body is not None
    return exchange.body.decode()
