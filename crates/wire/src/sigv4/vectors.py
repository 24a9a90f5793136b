#!/usr/bin/env python3
"""Writes vectors.txt: requests signed by botocore, which `tests/vectors.rs` must verify and sign the same.

    python3 vectors.py > vectors.txt

Needs botocore from PyPI. The keys are the ones of AWS's documentation; the time stands still, so the output does too.
"""
import datetime
from urllib.parse import urlsplit

import botocore
import botocore.auth as auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJGMEQCIA=="
NOW = datetime.datetime(2015, 8, 30, 12, 36, 0)
auth.get_current_datetime = lambda *a, **k: NOW

SIGNERS = {
    "header": (auth.SigV4Auth, "common", "header"),
    "query": (auth.SigV4QueryAuth, "common", "presigned"),
    "s3": (auth.S3SigV4Auth, "s3", "header"),
    "s3query": (auth.S3SigV4QueryAuth, "s3", "presigned"),
}
JSON = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def case(name, url, how="header", method="GET", headers=(), body=b"", params=None, service="service",
         region="us-east-1", token=None, context=None, **kwargs):
    signer_type, rules, form = SIGNERS[how]
    request = AWSRequest(method=method, url=url, data=body, params=params)
    for key, value in headers:
        request.headers[key] = value
    request.context.update(context or {})
    wire = request.prepare().url
    signer = signer_type(Credentials(KEY, SECRET, token), service, region, **kwargs)
    seen = []
    original = signer.canonical_request
    signer.canonical_request = lambda r: seen.append(original(r)) or seen[-1]
    signer.add_auth(request)
    if form == "presigned":
        wire = request.url
    parts = urlsplit(wire)
    print(f"name {name}")
    print(f"scope {region}/{service}")
    print(f"rules {rules}")
    print(f"form {form}")
    print(f"method {method}")
    print(f"path {parts.path}")
    print(f"query {parts.query}")
    if "host" not in request.headers:
        print(f"header Host: {auth._host_from_url(url)}")
    for key, value in request.headers.items():
        print(f"header {key}: " + value.replace("\t", "\\t"))
    print(f"body {body.hex()}")
    print("canonical " + seen[-1].replace("\n", "\\n"))
    print()


print(f"# Made by vectors.py with botocore {botocore.__version__}; not to be edited.")
print("# `\\n` and `\\t` stand for a line feed and a tab; bodies are in hex.")
print()

E = "https://example.amazonaws.com"

for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"):
    case(f"method-{method.lower()}", E + "/", method=method)

# Requests as the services get them.
case("ecs-list-clusters", "https://ecs.us-east-1.amazonaws.com/", method="POST", service="ecs", body=b"{}",
     headers=[("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters"), ("Content-Type", JSON),
              ("User-Agent", "Boto3/1.43"), ("amz-sdk-invocation-id", "0f4c6f0e-0000-4000-8000-6d4b1f9f5d7c"),
              ("amz-sdk-request", "attempt=1"), ("Content-Length", "2")])
case("ecs-local-port", "http://127.0.0.1:4566/", method="POST", service="ecs", region="eu-west-1", token=TOKEN,
     headers=[("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.RunTask"), ("Content-Type", JSON)],
     body='{"taskDefinition": "web:1", "startedBy": "é"}'.encode())
case("ecs-default-port", "https://ecs.us-east-1.amazonaws.com:443/", method="POST", service="ecs", body=b"{}")
case("ecs-ipv6", "http://[::1]:4566/", method="POST", service="ecs", body=b"{}")
case("sts-form", "https://sts.amazonaws.com/", method="POST", service="sts", headers=[("Content-Type", FORM)],
     body=b"Action=GetCallerIdentity&Version=2011-06-15")
case("ec2-form", "https://ec2.us-east-1.amazonaws.com/", method="POST", service="ec2", headers=[("Content-Type", FORM)],
     body=b"Action=DescribeRegions&Version=2016-11-15&RegionName.1=eu-west-1")
case("cloudwatch-cbor", "https://monitoring.us-east-1.amazonaws.com/service/GraniteServiceVersion20100801/operation/"
     "ListMetrics", method="POST", service="monitoring", body=b"\xbf\xff",
     headers=[("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor"), ("Accept", "application/cbor")])
case("scheduler-rest", "https://scheduler.us-east-1.amazonaws.com/schedules/nightly%20run?groupName=default",
     service="scheduler")
case("rest-arn-in-path", "https://ecs.us-east-1.amazonaws.com/tags/arn%3Aaws%3Aecs%3Aus-east-1%3A123456789012%3A"
     "cluster%2Fdefault?tagKeys=a&tagKeys=b%20c", method="DELETE", service="ecs")

# Paths.
for i, path in enumerate(["", "//", "/a//b", "/./a", "/a/./b/", "/a/../b", "/../..", "/a/b/..", "/a/.", "/a/..", "/a/b/../",
                          "/a%20b", "/a%2Fb", "/a%2fb", "/%E1%88%B4", "/\u1234", "/~user/-_.", "/a+b", "/%7Euser",
                          "/a:b@c,d!$&'()*=e", "/100%", "/a%zz", "/x/%2E%2E/y", "/trailing/"]):
    case(f"path-{i:02}", E + path)

# Queries.
for i, query in enumerate(["Param1=value1", "Param2=value2&Param1=value1", "b=2&a=1&b=1&a=2", "a", "a=", "a&b=&c=3", "=x",
                           "a=1&&b=2", "a=1&", "A=1&a=2&B=3&_=4&-=5&.=6&~=7", "a-b=1&a.b=2&a=3&ab=4",
                           "k=%E1%88%B4&%E1%88%B4=v", "k=a%20b%2Bc%3Dd%26e", "k=%21%2A%27%28%29%3B%3A%40%2F%3F%5B%5D",
                           "X-Amz-Other=1&x=y"]):
    case(f"query-{i:02}", E + "/?" + query)
case("params-spaces", E + "/", params={"key two": "a value", "plus": "1+1", "empty": ""})
case("params-unicode", E + "/", params={"größe": "ß", "emoji": "🚚", "tilde": "~-_."})
case("params-repeated", E + "/p", params=[("Filter", "b"), ("Filter", "a"), ("filter", "A b")])

# Headers.
case("header-folded", E + "/", headers=[("My-Header1", "  a   b \t c  "), ("My-Header2", '"a   b   c"')])
case("header-repeated", E + "/", headers=[("My-Header1", "value2"), ("My-Header1", "value1"), ("my-header1", " v  3 ")])
case("header-empty", E + "/", headers=[("X-Empty", ""), ("zebra", "1"), ("Alpha", "2"), ("a-b", "3"), ("a", "4")])
case("header-date", E + "/", headers=[("Date", "whatever")])
case("header-token", E + "/", token=TOKEN)
case("header-never-signed", E + "/", headers=[("Connection", "keep-alive"), ("Expect", "100-continue"),
                                              ("X-Amzn-Trace-Id", "Root=1"), ("Accept", "*/*")])
case("payload-unsigned", E + "/up", method="PUT", body=b"what you like", context={"payload_signing_enabled": False})

# Presigned.
case("presigned-plain", E + "/", how="query")
case("presigned-token", E + "/", how="query", token=TOKEN, expires=900)
case("presigned-short", E + "/", how="query", expires=1)
case("presigned-long", E + "/", how="query", expires=604800)
case("presigned-sts", "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", how="query",
     service="sts", headers=[("x-k8s-aws-id", "my-cluster")], expires=60)
case("presigned-path", E + "/a%20b//c/../d", how="query")
case("presigned-query", E + "/?z=1&A=%E1%88%B4&b=x%20y&empty=", how="query")

# S3.
case("s3-path", "https://bucket.s3.amazonaws.com/a//b/../c%20d%2Fe~", how="s3", service="s3")
case("s3-put", "https://bucket.s3.amazonaws.com/k?partNumber=1&uploadId=x", how="s3", service="s3", method="PUT",
     body=b"hello")
case("s3-sub-resource", "https://bucket.s3.amazonaws.com/?acl", how="s3", service="s3")
case("s3-streaming-trailer", "https://bucket.s3.amazonaws.com/k", how="s3", service="s3", method="PUT",
     headers=[("X-Amz-Trailer", "x-amz-checksum-crc32"), ("Content-Encoding", "aws-chunked"),
              ("X-Amz-Decoded-Content-Length", "5")],
     context={"checksum": {"request_algorithm": {"in": "trailer", "name": "x-amz-checksum-crc32"}}})
case("s3-presigned", "https://bucket.s3.amazonaws.com/a//b%20c", how="s3query", service="s3")
case("s3-presigned-put", "https://bucket.s3.amazonaws.com/k", how="s3query", service="s3", method="PUT", token=TOKEN,
     headers=[("Content-Type", "text/plain")])
