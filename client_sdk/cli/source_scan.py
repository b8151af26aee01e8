"""Find the names that an app registers, in its KV and Python sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from client_sdk.cli.tour_names import NameKind, Names

__all__ = ["scan"]

#: Folders whose files are not the app's own.
_FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages"})
#: A value may begin on the line after its name.
_KV_RULE = re.compile(r"^[ \t]*tour_id[ \t]*:\s*(?P<value>\S.*)", re.MULTILINE)
#: What a line of KV may name beside a rule: an item of a list's data, and the calls.
_KV_NAMES = (
    (
        NameKind.TARGET,
        re.compile(r"[\"']tour_id[\"']\s*:\s*(?P<quote>[\"'])(.+?)(?P=quote)"),
    ),
    (
        NameKind.TARGET,
        re.compile(r"\.register\([^,]+,\s*(?P<quote>[\"'])(.+?)(?P=quote)"),
    ),
    (NameKind.EVENT, re.compile(r"\.emit\(\s*(?P<quote>[\"'])(.+?)(?P=quote)")),
)
#: What overlays call their dictionaries of functions.
_TABLES = {"conditions": NameKind.CONDITION, "hooks": NameKind.HOOK}


def scan(folder: Path, names: Names, *, warn: Callable[[str], object]) -> None:
    """Add what the sources in a folder register; ``warn`` hears of what is unreadable.

    Nothing is run or imported.  What is put together while the app runs cannot be found:
    ``names.computed`` says where that happens.
    """
    for file in sorted(folder.rglob("*")):
        inner = file.relative_to(folder).parts
        is_foreign = any(each.startswith(".") or each in _FOREIGN for each in inner)
        if is_foreign or file.suffix not in (".kv", ".py") or not file.is_file():
            continue
        try:
            text = file.read_text("utf-8")
            if file.suffix == ".kv":
                _scan_kv(text, names, str(file), first_line=1)
            else:
                _Visitor(names, str(file)).visit(ast.parse(text))
        except (OSError, ValueError, SyntaxError) as exc:
            warn(f"{file} is left out: {exc}")


def _scan_kv(text: str, names: Names, file: str, *, first_line: int) -> None:
    for rule in _KV_RULE.finditer(text):
        number = first_line + text.count("\n", 0, rule.start())
        _note(_parsed(rule["value"]), NameKind.TARGET, names, f"{file}:{number}")
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            for kind, pattern in _KV_NAMES:
                names.add(kind, (match[2] for match in pattern.finditer(line)))


def _parsed(expression: str) -> ast.expr | None:
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError:
        return None


def _note(value: ast.expr | None, kind: NameKind, names: Names, place: str) -> None:
    for part in _choices(value):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            names.add(kind, [part.value])
        else:
            names.computed.append(place)


def _choices(value: ast.expr | None) -> Iterator[ast.expr | None]:
    """Yield what an expression may come to: both sides of a choice, or itself."""
    match value:
        case ast.IfExp(body=body, orelse=other):
            yield from _choices(body)
            yield from _choices(other)
        case ast.BoolOp(values=values):
            for each in values:
                yield from _choices(each)
        case _:
            yield value


class _Visitor(ast.NodeVisitor):
    """Reads one Python file."""

    def __init__(self, names: Names, file: str) -> None:
        self._names = names
        self._file = file

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assigned(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assigned(node.target, node.value)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if _name(node.target) in _TABLES:
            self._table(node.value, _TABLES[_name(node.target)])
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        # an item of a recycled list's data
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "tour_id":
                self._note(value, NameKind.TARGET)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            if keyword.arg == "tour_id":
                self._note(keyword.value, NameKind.TARGET)
            elif keyword.arg in _TABLES:
                self._table(keyword.value, _TABLES[keyword.arg])
        if isinstance(node.func, ast.Attribute):
            self._method(node.func, node)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        # a docstring shows how something is done and does nothing
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        # KV in Python has several lines
        if isinstance(node.value, str) and "\n" in node.value:
            _scan_kv(node.value, self._names, self._file, first_line=node.lineno)

    def _method(self, function: ast.Attribute, call: ast.Call) -> None:
        match function.attr, call.args:
            case "register", [_, name]:
                self._note(name, NameKind.TARGET)
            case "emit", [name]:
                self._note(name, NameKind.EVENT)
            case "update", _ if _name(function.value) in _TABLES:
                self._table(call, _TABLES[_name(function.value)])
            case "setdefault", [name, *_] if _name(function.value) in _TABLES:
                self._note(name, _TABLES[_name(function.value)])

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Subscript):
            kind = _TABLES.get(_name(target.value))
            if kind is not None:
                self._note(target.slice, kind)
        elif _name(target) == "tour_id":
            # a call declares a property
            if not isinstance(value, ast.Call):
                self._note(value, NameKind.TARGET)
        elif _name(target) in _TABLES:
            self._table(value, _TABLES[_name(target)])

    def _table(self, value: ast.expr, kind: NameKind) -> None:
        if isinstance(value, ast.Dict):
            for key in value.keys:
                self._note(key, kind)
        elif isinstance(value, ast.Call):
            self._names.add(kind, (each.arg or "" for each in value.keywords))
            for argument in value.args:
                self._table(argument, kind)

    def _note(self, value: ast.expr | None, kind: NameKind) -> None:
        line = getattr(value, "lineno", 1)
        _note(value, kind, self._names, f"{self._file}:{line}")


def _name(node: ast.expr) -> str:
    """Return the last part of a dotted name; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
