"""docs/openapi.json and docs/asyncapi.json, ready to hold real answers and messages against."""
import json
import os

import jsonschema

from harness import ROOT


class Document:
    def __init__(self, name):
        with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as file:
            self.text = file.read()
        self.content = json.loads(self.text)
        self.resolver = jsonschema.RefResolver.from_schema(self.content)

    def at(self, node):
        """What a node says, its reference followed."""
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def mistakes(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(value)]

    def references(self, node=None):
        node = self.content if node is None else node
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for each in node:
                yield from self.references(each)

    def check_itself(self):
        """Every schema is one, every reference leads somewhere, every schema is referred to."""
        schemas = self.content["components"]["schemas"]
        for schema in schemas.values():
            jsonschema.Draft202012Validator.check_schema(schema)
        references = set(self.references())
        for reference in references:
            self.resolver.resolve(reference)
        unused = {name for name in schemas if f"#/components/schemas/{name}" not in references}
        assert not unused, f"schemas that nothing refers to: {unused}"


class OpenApi(Document):
    def __init__(self):
        super().__init__("openapi.json")
        self.operations = {(method.upper(), path): operation for path, item in self.content["paths"].items()
                           for method, operation in self.at(item).items()}

    def template(self, method, path):
        """The documented path that `path` is one of: fixed ones first, as the router has them."""
        def fits(template):
            wanted, given = template.split("/"), path.split("?")[0].split("/")
            return len(wanted) == len(given) and all(w == g or w.startswith("{") for w, g in zip(wanted, given))

        known = [template for asked, template in self.operations if asked == method and fits(template)]
        return min(known, key=lambda template: template.count("{"), default=None)

    def response_schema(self, method, template, status):
        """The schema of this answer; None where the document does not tell of it."""
        response = self.operations[method, template]["responses"].get(str(status))
        if response is None:
            return None
        (content,) = self.at(response)["content"].values()
        return content["schema"]

    def request_schema(self, method, template):
        body = self.operations[method, template].get("requestBody")
        return body["content"]["application/json"]["schema"] if body else None

    def parameter_names(self, method, template):
        told = self.operations[method, template].get("parameters", [])
        return {self.at(one)["name"] for one in told}


class AsyncApi(Document):
    def __init__(self):
        super().__init__("asyncapi.json")

    def messages(self, operation):
        """Name to schema of what clients `ask` or the server may `tell`."""
        named = [self.at(message) for message in self.content["operations"][operation]["messages"]]
        return {message["name"]: message["payload"] for message in named}

    def kinds(self, operation, message):
        """The names of the messages that it is one of."""
        return [name for name, schema in self.messages(operation).items() if not self.mistakes(schema, message)]
