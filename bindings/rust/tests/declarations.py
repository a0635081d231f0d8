#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""joinmem-sys declares what joinmem_ffi.h declares, and nothing else: each function with the names, order and types of
its parameters, each struct with its fields, and each enumerator with its value. Planted differences must be noticed.
usage: declarations.py joinmem_ffi.h joinmem-sys/src/lib.rs"""
import re
import sys

try:
    from pycparser import c_ast, c_parser
except ImportError:
    print("SKIPPED: python3-pycparser is not installed")
    sys.exit(77)

TYPEDEFS = "".join(f"typedef {c} {name};\n" for c, name in (
    ("signed char", "int8_t"), ("unsigned char", "uint8_t"), ("short", "int16_t"), ("unsigned short", "uint16_t"),
    ("int", "int32_t"), ("unsigned", "uint32_t"), ("long", "int64_t"), ("unsigned long", "uint64_t"),
    ("unsigned long", "size_t")))
IN_RUST = {"int8_t": "i8", "uint8_t": "u8", "int16_t": "i16", "uint16_t": "u16", "int32_t": "i32", "uint32_t": "u32",
           "int64_t": "i64", "uint64_t": "u64", "size_t": "usize", "int": "c_int", "char": "c_char", "void": "c_void",
           "double": "f64"}
# The enumerators are int in C; the functions take them as uint32_t, which is their type in Rust, but for the handle.
ENUM_TYPES = {"JM_INVALID_HANDLE": "jm_handle"}


def rust_type(node):
    """The Rust type of a C declaration's type."""
    if isinstance(node, c_ast.PtrDecl):
        mutability = "const" if "const" in getattr(node.type, "quals", []) else "mut"
        return f"*{mutability} {rust_type(node.type)}"
    if isinstance(node, c_ast.TypeDecl):
        return rust_type(node.type)
    if isinstance(node, c_ast.IdentifierType):
        name = " ".join(node.names)
        return IN_RUST.get(name, name)
    raise ValueError(f"no rule for {type(node).__name__}")


def function_of(declaration):
    parameters = []
    for parameter in declaration.args.params if declaration.args else []:
        kind = rust_type(parameter.type)
        if kind != "c_void":  # f(void)
            parameters.append((parameter.name, kind))
    result = rust_type(declaration.type)
    return tuple(parameters), "()" if result == "c_void" else result


def value_of(node):
    if isinstance(node, c_ast.UnaryOp) and node.op == "-":
        return -value_of(node.expr)
    return int(node.value, 0)


def of_c(text):
    """The functions, structs, enumerators and typedefs of the header, as Rust has to declare them."""
    text = TYPEDEFS + re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    found = {}
    for node in c_parser.CParser().parse(text, "joinmem_ffi.h").ext:
        if isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.FuncDecl):
            found[f"fn {node.name}"] = function_of(node.type)
        elif isinstance(node, c_ast.Decl) and isinstance(node.type, c_ast.Enum):
            following = 0
            for one in node.type.values.enumerators:
                value = value_of(one.value) if one.value is not None else following
                following = value + 1
                found[f"const {one.name}"] = (ENUM_TYPES.get(one.name, "u32"), value)
        elif isinstance(node, c_ast.Typedef) and isinstance(node.type.type, c_ast.Struct):
            found[f"struct {node.name}"] = tuple((field.name, rust_type(field.type)) for field in node.type.type.decls)
        elif isinstance(node, c_ast.Typedef) and node.name not in IN_RUST:
            found[f"type {node.name}"] = rust_type(node.type)
    return found


def pairs(text):
    """NAME: TYPE, NAME: TYPE as a tuple of pairs."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(tuple(word.strip() for word in part.split(":", 1)) for part in parts)


def of_rust(text):
    """The same of joinmem-sys, which rustfmt has formatted."""
    text = re.sub(r"//[^\n]*", "", text)
    found = {}
    for block in re.findall(r'extern "C" \{(.*?)\n\}', text, re.S):
        for name, parameters, result in re.findall(r"pub fn (\w+)\(([^)]*)\)(?:\s*->\s*([^;]+))?;", block):
            found[f"fn {name}"] = (pairs(parameters), result.strip() or "()")
        if re.search(r"\bfn\b", re.sub(r"pub fn \w+\([^)]*\)[^;]*;", "", block)):
            found["a function that this check does not understand"] = block
    for before, name, body in re.findall(r"((?:#\[[^\n]*\n)*)pub struct (\w+) \{(.*?)\n\}", text, re.S):
        fields = pairs(re.sub(r"\bpub ", "", body))
        # Another representation, or a packed one, has another layout.
        found[f"struct {name}"] = fields if "#[repr(C)]\n" in before else ("not repr(C)", before)
    for name, kind, value in re.findall(r"pub const (\w+): (\w+) = (-?\w+);", text):
        found[f"const {name}"] = (kind, int(value, 0))
    for name, kind in re.findall(r"pub type (\w+) = (\w+);", text):
        found[f"type {name}"] = kind
    return found


def differences(header, rust):
    wanted, found = of_c(header), of_rust(rust)
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            yield f"{name}: joinmem_ffi.h: {wanted.get(name, 'nothing')}, joinmem-sys: {found.get(name, 'nothing')}"


# What is planted into one of the two texts: (what, pattern, replacement).
IN_LIB_RS = (
    ("another parameter type", r"fn jm_local_create\(size: u64\)", "fn jm_local_create(size: u32)"),
    ("two parameters exchanged", r"ready: u32, key: u64", "key: u64, ready: u32"),
    ("two parameters exchanged", r"ready: u32,\n        key: u64", "key: u64,\n        ready: u32"),
    ("a parameter less", r"fn jm_mbind\(memory: jm_handle, node: c_int\)", "fn jm_mbind(memory: jm_handle)"),
    ("another result", r"fn jm_size\(memory: jm_handle\) -> i64", "fn jm_size(memory: jm_handle) -> c_int"),
    ("no result", r"fn jm_wait_fd\(set: jm_handle\) -> c_int", "fn jm_wait_fd(set: jm_handle)"),
    ("a pointer that may be written", r"-> \*const c_void", "-> *mut c_void"),
    ("a function that is missing", r"pub fn jm_clear_error\(\);", ""),
    ("a function too many", r"pub fn jm_clear_error\(\);", "pub fn jm_clear_error();\n    pub fn jm_planted();"),
    ("a field of another type", r"pub numa_node: i32", "pub numa_node: u32"),
    ("two fields exchanged", r"pub exclusive: u32,\n    pub owner_dead: u32,",
     "pub owner_dead: u32,\n    pub exclusive: u32,"),
    ("a field that is missing", r"    pub spin_ns: i64,\n", ""),
    ("a packed struct", r"#\[repr\(C\)\]\n(#\[[^\n]*\n)pub struct jm_producer",
     r"#[repr(C, packed)]\n\1pub struct jm_producer"),
    ("another value", r"JM_MPMC: u32 = 3", "JM_MPMC: u32 = 4"),
    ("a constant that is missing", r"pub const JM_READY_END: u32 = 4;", ""),
    ("another type of handles", r"pub type jm_handle = i64", "pub type jm_handle = i32"),
)
IN_HEADER = (
    ("a new function", r"int jm_close\(", "int jm_planted(jm_handle queue);\nint jm_close("),
    ("a new field", r"int64_t spin_ns;", "int64_t spin_ns; uint64_t planted;"),
    ("a new enumerator", r"JM_READY_DAMAGED = 16", "JM_READY_DAMAGED = 16, JM_READY_PLANTED = 32"),
    ("another value", r"JM_READY_ROOM = 2", "JM_READY_ROOM = 64"),
    ("another width", r"jm_queue_create\(uint32_t kind, uint64_t", "jm_queue_create(uint32_t kind, uint32_t"),
)


def planted(header, rust):
    """Complaints about planted differences that the check misses. A pattern that fits nowhere plants nothing."""
    for which, (what, pattern, replacement) in [(0, p) for p in IN_HEADER] + [(1, p) for p in IN_LIB_RS]:
        texts = [header, rust]
        texts[which], count = re.subn(pattern, replacement, texts[which], count=1)
        if count == 1 and not list(differences(*texts)):
            yield f"{what}, planted, was not noticed: {replacement}"
        if count == 0 and what != "two parameters exchanged":  # rustfmt decides which of its two patterns fits
            yield f"{what} could not be planted: nothing is like {pattern}"


def main():
    texts = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    complaints = list(differences(*texts)) + list(planted(*texts))
    found = of_c(texts[0])
    kinds = {kind: sum(name.startswith(kind) for name in found) for kind in ("fn", "struct", "const")}
    if min(kinds.values()) < 5:
        complaints.append(f"the header has too few declarations: {kinds}")
    agree = f"{kinds['fn']} functions, {kinds['struct']} structs and {kinds['const']} constants agree"
    print("\n".join(complaints) or agree)
    sys.exit(1 if complaints else 0)


main()
