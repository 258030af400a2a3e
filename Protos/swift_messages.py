#!/usr/bin/env python3
"""Writes the Swift value types of Shared/Messages/Generated from a descriptor set.

    protoc --include_source_info --descriptor_set_out=SET *.proto
    swift_messages.py SET FOLDER

The set is read by a decoder of its own, so that nothing beyond Python's standard library is needed.
"""
import pathlib
import re
import sys

ACRONYMS = {"id": "ID", "ids": "IDs", "url": "URL", "gcm": "GCM", "siv": "SIV"}
NAMESPACES = {"fieldseal.v1": "Proto", "grpc.health.v1": "Proto", "ttrpc": "Proto.TTRPC"}
RENAMED = {"Any": "AnyValue"}
SCALARS = {3: "Int64", 4: "UInt64", 5: "Int32", 6: "UInt64", 8: "Bool", 9: "String", 12: "[UInt8]", 13: "UInt32",
           17: "Int32", 18: "Int64"}
TYPE_STRING, TYPE_MESSAGE, TYPE_BYTES, TYPE_ENUM, TYPE_BOOL = 9, 11, 12, 14, 8
RESERVED = {"default", "import", "in", "public", "operator", "self", "init", "switch"}


# The wire format

def fields_of(data):
    """{field number: [values]} of an encoded message; a value is an int or bytes."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        elif kind == 2:
            size = varint()
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {kind} does not occur in a descriptor")
        found.setdefault(key >> 3, []).append(value)
    return found


def packed(data):
    """The integers of a packed repeated field; all of a descriptor's paths are small."""
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift = shift + 7 if byte >= 0x80 else 0
        if byte < 0x80:
            values.append(value)
            value = 0
    return tuple(values)


def text(message, number):
    return message.get(number, [b""])[0].decode()


# Names

def words(name):
    return [word for word in re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_") if word]


def camel(name, leading_capital=False):
    parts = [ACRONYMS.get(word, word.capitalize()) for word in words(name)]
    if not leading_capital:
        parts[0] = words(name)[0]
    joined = "".join(parts)
    return f"`{joined}`" if joined in RESERVED else joined


def type_name(name):
    return RENAMED.get(name) or re.sub(r"Id(?=$|[A-Z])", "ID", name)


def c_type(full_name):
    """The name of protobuf-c's struct or enum for ".package.Message"."""
    return "__".join(part[0].upper() + camel_tail(part[1:]) for part in full_name.strip(".").split("."))


def camel_tail(name):
    return re.sub(r"_(.)", lambda match: match.group(1).upper(), name)


def c_function(full_name):
    """The prefix of protobuf-c's functions for ".package.Message"."""
    return "__".join(re.sub(r"(?<!^)(?=[A-Z])", "_", part).lower() for part in full_name.strip(".").split("."))


def case_names(enumeration):
    values = [text(fields_of(value), 1) for value in enumeration[2]]
    own = "_".join(words(text(enumeration, 1))).upper() + "_"
    shared = values[0].split("_")[0] + "_"
    if all(value.startswith(shared) for value in values):
        own = shared
    return [camel(value.removeprefix(own)) for value in values]


# Descriptors

class File:
    def __init__(self, data):
        message = fields_of(data)
        self.name = text(message, 1)
        self.package = text(message, 2)
        self.namespace = NAMESPACES[self.package]
        self.messages = [fields_of(each) for each in message.get(4, [])]
        self.enums = [fields_of(each) for each in message.get(5, [])]
        self.notes = {}
        for info in message.get(9, []):
            for each in fields_of(info).get(1, []):
                location = fields_of(each)
                note = (text(location, 3) or text(location, 4)).strip()
                if note:
                    self.notes[packed(location.get(1, [b""])[0])] = [line.strip() for line in note.split("\n")]

    @property
    def output(self):
        stem = pathlib.PurePath(self.name).stem
        return {"ttrpc": "TTRPC"}.get(stem, stem.capitalize()) + ".swift"


class Field:
    def __init__(self, data, note, types):
        message = fields_of(data)
        self.name, self.number, self.note = text(message, 1), message[3][0], note
        self.kind, self.repeated = message[5][0], message[4][0] == 3
        self.oneof = message[9][0] if 9 in message else None
        self.swift = camel(self.name)
        self.element = types.swift[text(message, 6)] if 6 in message else SCALARS[self.kind]
        self.zero = types.zero.get(text(message, 6))
        self.c_element = c_type(text(message, 6)) if 6 in message else None

    @property
    def type(self):
        if self.repeated:
            return f"[{self.element}]"
        return f"{self.element}?" if self.kind == TYPE_MESSAGE else self.element

    @property
    def default(self):
        if self.repeated or self.kind == TYPE_BYTES:
            return "[]"
        if self.kind == TYPE_MESSAGE:
            return "nil"
        if self.kind == TYPE_ENUM:
            return f".{self.zero}"
        return {TYPE_STRING: '""', TYPE_BOOL: "false"}.get(self.kind, "0")

    def read(self, source):
        if self.kind == TYPE_MESSAGE:
            return f"try decode{'Message' if self.oneof is None else 'ChosenMessage'}({source})"
        if self.kind == TYPE_ENUM:
            return f"try decodeEnumeration({source}.rawValue)"
        if self.kind == TYPE_STRING:
            return f"try decodeText({source})"
        if self.kind == TYPE_BYTES:
            return f"decodeBytes({source})"
        return f"{source} != 0" if self.kind == TYPE_BOOL else source

    def written(self, value):
        if self.kind == TYPE_MESSAGE:
            return f"arena.{'optionalMessage' if self.oneof is None else 'message'}({value})"
        if self.kind == TYPE_ENUM:
            return f"{self.c_element}(rawValue: encodeEnumeration({value}))"
        if self.kind in (TYPE_STRING, TYPE_BYTES):
            return f"arena.bytes({value})"
        return f"{value} ? 1 : 0" if self.kind == TYPE_BOOL else value


class Oneof:
    """A choice; one named `…_presence` with a single member only says whether that member is there."""

    def __init__(self, name, fields):
        self.name, self.fields = name, fields
        self.is_presence = name.endswith("_presence") and len(fields) == 1
        self.swift = fields[0].swift if self.is_presence else camel(name)
        self.note = fields[0].note if self.is_presence else []
        self.enum = camel(name, leading_capital=True)
        self.type = (fields[0].element if self.is_presence else self.enum) + "?"
        self.default = "nil"


# Swift

def documentation(note):
    return [f"/// {line}".rstrip() for line in note]


def enum_lines(enumeration, notes, path):
    lines = documentation(notes.get(path, []))
    lines.append(f"public enum {type_name(text(enumeration, 1))}: Int32, ProtoEnumeration {{")
    cases = case_names(enumeration)
    for index, (name, data) in enumerate(zip(cases, enumeration[2])):
        value = fields_of(data)
        lines += documentation(notes.get(path + (2, index), []))
        lines.append(f"case {name} = {value.get(2, [0])[0]}")
    return lines + ["}"]


def message_parts(message, file, path, types):
    fields = [Field(data, file.notes.get(path + (2, index), []), types)
              for index, data in enumerate(message.get(2, []))]
    members, oneofs = [], {}
    names = [text(fields_of(each), 1) for each in message.get(8, [])]
    for field in fields:
        if field.oneof is None:
            members.append(field)
        elif field.oneof in oneofs:
            oneofs[field.oneof].append(field)
        else:
            oneofs[field.oneof] = [field]
            members.append(field.oneof)
    return [Oneof(names[each], oneofs[each]) if isinstance(each, int) else each for each in members]


def struct_lines(message, file, path, types):
    name = type_name(text(message, 1))
    members = message_parts(message, file, path, types)
    lines = documentation(file.notes.get(path, [])) + [f"public struct {name}: ProtoMessage {{"]
    for index, each in enumerate(message.get(4, [])):
        lines += enum_lines(fields_of(each), file.notes, path + (4, index)) + [""]
    for member in members:
        if isinstance(member, Oneof) and not member.is_presence:
            lines.append(f"public enum {member.enum}: Equatable, Sendable {{")
            for field in member.fields:
                lines += documentation(field.note) + [f"case {field.swift}({field.element})"]
            lines += ["}", ""]
    for member in members:
        initial = "" if member.default == "nil" else f" = {member.default}"
        lines += documentation(member.note) + [f"public var {member.swift}: {member.type}{initial}"]
    lines += ["", "public init() {}"]
    if members:
        parameters = ", ".join(f"{member.swift}: {member.type} = {member.default}" for member in members)
        lines += ["", f"public init({parameters}) {{"]
        lines += [f"self.{member.swift} = {member.swift}" for member in members] + ["}"]
    return lines + [
        "", "public init(decoding bytes: UnsafeRawBufferPointer, limit: Int) throws(MessageError) {",
        "self = try unpackMessage(bytes, limit: limit)", "}",
        "", "public func encoded() -> [UInt8] {", "packMessage(self)", "}", "}"]


def conversion_lines(message, file, path, types):
    name = type_name(text(message, 1))
    full = f".{file.package}.{text(message, 1)}"
    members = message_parts(message, file, path, types)
    read, written = [], []
    for member in members:
        if isinstance(member, Oneof):
            read += [f"switch c.{member.name}_case.rawValue {{"]
            for field in member.fields:
                value = field.read(f"c.{field.name}")
                value = value if member.is_presence else f".{field.swift}({value})"
                value = re.sub(r"^\.(\w+)\(try ", r"try .\1(", value)
                read += [f"case {field.number}: {member.swift} = {value}"]
            read += [f"default: {member.swift} = nil", "}"]
            case = f"{c_type(full)}__{camel(member.name, True)}Case"
            case = re.sub("IDCase$", "IdCase", case)
            written += [f"switch {member.swift} {{"]
            for field in member.fields:
                pattern = f"let value?" if member.is_presence else f".{field.swift}(let value)"
                written += [f"case {pattern}:", f"c.pointee.{member.name}_case = {case}(rawValue: {field.number})",
                            f"c.pointee.{field.name} = {field.written('value')}"]
            written += ["case nil: break", "}"]
        elif member.repeated:
            kind = {TYPE_MESSAGE: "Messages", TYPE_STRING: "Texts", TYPE_BYTES: "ByteStrings",
                    TYPE_ENUM: "Enumerations"}.get(member.kind, "Numbers")
            attempt = "" if kind in ("ByteStrings", "Numbers") else "try "
            value = f"c.{member.name}, c.n_{member.name}"
            if member.kind == TYPE_ENUM:
                value = f"UnsafeRawPointer(c.{member.name}), c.n_{member.name}"
            read += [f"{member.swift} = {attempt}decode{kind}({value})"]
            target = f"(c.pointee.{member.name}, c.pointee.n_{member.name})"
            if member.kind == TYPE_ENUM:
                written += [f"{target} = arena.enumerations({member.swift}) {{ {member.c_element}(rawValue: $0) }}"]
            else:
                written += [f"{target} = arena.{kind[0].lower() + kind[1:]}({member.swift})"]
        else:
            read += [f"{member.swift} = {member.read('c.' + member.name)}"]
            written += [f"c.pointee.{member.name} = {member.written(member.swift)}"]
    c = "c" if members else "_"
    arena = "arena" if any("arena." in line for line in written) else "_"
    return [
        f"extension {file.namespace}.{name}: CMessageConvertible {{",
        f"static let initialise: Initialise<{c_type(full)}> = {{ {c_function(full)}__init($0) }}",
        f"static let unpack: Unpack<{c_type(full)}> = {{ {c_function(full)}__unpack($0, $1, $2) }}",
        "", f"init(_ {c}: {c_type(full)}) throws(MessageError) {{".replace("_ _", "_"),
        *read, "}",
        "", f"func fill(_ {c}: UnsafeMutablePointer<{c_type(full)}>, in {arena}: MessageArena) {{".replace("_ _", "_"),
        *written, "}", "}"]


def file_lines(file, types):
    lines = [f"// Generated by Protos/generate from {file.name}; not edited by hand.", "import CFieldsealProtobuf", "",
             f"extension {file.namespace} {{"]
    for index, each in enumerate(file.enums):
        lines += enum_lines(each, file.notes, (5, index)) + [""]
    for index, each in enumerate(file.messages):
        lines += struct_lines(each, file, (4, index), types) + [""]
    lines += ["}"]
    for index, each in enumerate(file.messages):
        lines += [""] + conversion_lines(each, file, (4, index), types)
    return lines


class Types:
    """The Swift names of all messages and enums, and the zero case of each enum."""

    def __init__(self, files):
        self.swift, self.zero = {}, {}
        for file in files:
            self.add(f".{file.package}", file.namespace, file.enums, file.messages)

    def add(self, package, namespace, enums, messages):
        for each in enums + messages:
            self.swift[f"{package}.{text(each, 1)}"] = f"{namespace}.{type_name(text(each, 1))}"
        for each in enums:
            numbers = [fields_of(value).get(2, [0])[0] for value in each[2]]
            self.zero[f"{package}.{text(each, 1)}"] = case_names(each)[numbers.index(0)]
        for each in messages:
            nested = [fields_of(enumeration) for enumeration in each.get(4, [])]
            self.add(f"{package}.{text(each, 1)}", f"{namespace}.{type_name(text(each, 1))}", nested, [])


def main():
    descriptor_set, folder = sys.argv[1:]
    files = [File(each) for each in fields_of(pathlib.Path(descriptor_set).read_bytes())[1]]
    types = Types(files)
    for file in files:
        (pathlib.Path(folder) / file.output).write_text("\n".join(file_lines(file, types)) + "\n")


if __name__ == "__main__":
    main()
