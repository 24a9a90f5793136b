"""One service's model, cut down to what the listed operations reach."""

from names import types

KINDS = {
    "string": "Text",
    "character": "Text",
    "boolean": "Flag",
    "integer": "Int",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "timestamp": "Time",
    "blob": "Blob",
}


class Refused(Exception):
    """Something that the macro language cannot say, in words for whoever edited `api.toml`."""


class Model:
    def __init__(self, service, model, listed):
        self.service = service
        self.metadata = model["metadata"]
        self.all = model["shapes"]
        self.operations = self._operations(model["operations"], listed)
        self.shapes = {}
        for name, operation in self.operations.items():
            for shape in self._ends(operation):
                self._reach(shape, name, streams=shape == operation.get("output", {}).get("shape"))
        self.names = types(list(self.shapes))
        self.boxed = self._cycles()

    def _operations(self, operations, listed):
        names = sorted(operations) if listed == "*" else sorted(listed)
        unknown = [name for name in names if name not in operations]
        if unknown:
            raise Refused(f"{self.service} has no operation {', '.join(unknown)}")
        return {name: operations[name] for name in names}

    def _ends(self, operation):
        ends = [operation[end]["shape"] for end in ("input", "output") if end in operation]
        return ends + [error["shape"] for error in operation.get("errors", [])]

    def _reach(self, name, operation, streams):
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in self.shapes:
                continue
            shape = self.shapes[name] = self.all[name]
            if shape.get("eventstream"):
                self._stream(name, operation, streams)
            waiting.extend(self.references(shape))
            if shape["type"] not in KINDS and shape["type"] not in ("structure", "list", "map"):
                raise Refused(f"{self.service} {operation} uses the type {shape['type']} ({name})")

    def _stream(self, name, operation, streams):
        """Only answers stream, in notations that have one body for each event."""
        events = [self.all[member["shape"]] for member in self.all[name]["members"].values()]
        apart = [key for event in events for member in event["members"].values() for key in member if key in APART]
        if not streams or apart or not set(self.protocols()) <= {"Json10", "Json11", "RpcV2Cbor"}:
            raise Refused(f"{self.service} {operation} streams events ({name}) in a way that there is no codec for")

    def references(self, shape):
        """The shapes that a shape names, in the model's order."""
        if shape["type"] == "structure" and not shape.get("document"):
            return [member["shape"] for member in shape["members"].values()]
        return [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]

    def is_structure(self, name):
        return self.shapes[name]["type"] == "structure" and not self.shapes[name].get("document")

    def _cycles(self):
        """The members, as (shape, member), that must be boxed so that no structure contains itself."""
        boxed, done = set(), set()

        def walk(name, above):
            if name in done:
                return
            for member, reference in self.shapes[name]["members"].items():
                target = reference["shape"]
                if target == name or target in above:
                    boxed.add((name, member))
                elif self.is_structure(target):
                    walk(target, above | {name})
            done.add(name)

        for name in sorted(self.shapes):
            if self.is_structure(name):
                walk(name, frozenset())
        return boxed

    def faults(self):
        """The errors that listed operations declare: name to (code, status)."""
        names = {error["shape"] for operation in self.operations.values() for error in operation.get("errors", [])}
        faults = {}
        for name in sorted(names):
            shape = self.all[name]
            error = shape.get("error", {})
            status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
            faults[name] = (error.get("code", name), status)
        return faults

    def protocols(self):
        spoken = []
        for protocol in self.metadata.get("protocols", [self.metadata["protocol"]]):
            if protocol == "json":
                spoken.append({"1.0": "Json10", "1.1": "Json11"}[self.metadata["jsonVersion"]])
            elif protocol in PROTOCOLS:
                spoken.append(PROTOCOLS[protocol])
            else:
                raise Refused(f"{self.service} speaks {protocol}, for which there is no codec")
        return spoken


# What puts a part of an event elsewhere than into its body.
APART = ("eventpayload", "eventheader")
PROTOCOLS = {"query": "Query", "ec2": "Ec2Query", "rest-json": "RestJson", "smithy-rpc-v2-cbor": "RpcV2Cbor"}
