"""The house rules, read from the syntax trees of the files: whatever breaks one is named with file and line.

How things are measured. A file's length is all of its lines. A function's length is from its `def` to its last
line, signature and docstring included. Depth counts the statements with a block of their own (if, for, while, with,
try, match, def, class) that stand inside one another in a function; elif, else, except and comprehensions add
nothing, and `with a, b` is one.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from abound import errors
from abound.core import registry
from tests.conftest import REPOSITORY

SOURCE = REPOSITORY / "src" / "abound"
FILES = sorted(SOURCE.rglob("*.py"))
ALL_FILES = FILES + sorted(p for d in ("tests", "benchmarks", "examples") for p in (REPOSITORY / d).rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in FILES}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.ClassDef, *FUNCTIONS)


def where(path: Path, node: ast.AST | None = None) -> str:
    place = str(path.relative_to(REPOSITORY))
    return f"{place}:{node.lineno}" if node is not None else place


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                yield path, node


def called(node: ast.AST) -> str:
    """The dotted name of what a call calls, as far as it is one."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def imported(node: ast.AST) -> list[str]:
    """Full names that an import statement brings in."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_files_are_at_most_400_lines() -> None:
    long = [where(p) for p in ALL_FILES if len(p.read_text(encoding="utf-8").splitlines()) > 400]
    assert not long


def test_functions_are_at_most_60_lines() -> None:
    long = [f"{where(p, f)} {f.name}" for p, f in nodes(*FUNCTIONS) if f.end_lineno - f.lineno + 1 > 60]
    assert not long


def depth(statements: list[ast.stmt]) -> int:
    """How many blocks stand inside one another in these statements."""
    deepest = 0
    for statement in statements:
        if not isinstance(statement, BLOCKS):
            continue
        inner = [*getattr(statement, "body", []), *getattr(statement, "finalbody", [])]
        inner += [s for part in getattr(statement, "handlers", []) for s in part.body]
        inner += [s for part in getattr(statement, "cases", []) for s in part.body]
        rest = getattr(statement, "orelse", [])
        # An elif is an If alone in the else block; it is written at the same depth.
        chained = isinstance(statement, ast.If) and len(rest) == 1 and isinstance(rest[0], ast.If)
        deepest = max(deepest, 1 + depth(inner if chained else inner + rest), depth(rest) if chained else 0)
    return deepest


def test_nesting_is_at_most_3_deep() -> None:
    # A compiled kernel is one loop over rows, columns and what is met there: it may go two deeper.
    deep = [
        f"{where(p, f)} {f.name}"
        for p, f in nodes(*FUNCTIONS)
        if depth(f.body) > (5 if any("njit" in ast.unparse(d) for d in f.decorator_list) else 3)
    ]
    assert not deep


def test_depth_is_measured_as_documented() -> None:
    loop = (
        " for a in b:\n  if c:\n   pass\n  elif d:\n   with e, g:\n    pass\n  else:\n   x = [i for i in j if i]\n"
    )
    assert depth(ast.parse("def f():\n" + loop).body) == 4
    assert depth(ast.parse("def f():\n" + loop).body[0].body) == 3
    assert depth(ast.parse("try:\n pass\nexcept A:\n if b:\n  pass\nfinally:\n pass\n").body) == 2


def test_no_module_is_called_after_nothing() -> None:
    empty = {"util", "utils", "helper", "helpers", "common", "misc", "base", "manager", "managers"}
    assert not [where(p) for p in FILES if {p.stem, *p.relative_to(SOURCE).parts} & empty]


def test_no_pickle_and_no_code_from_text() -> None:
    modules = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    found = [
        where(p, n)
        for p, n in nodes(ast.Import, ast.ImportFrom)
        if any(name.split(".")[0] in modules for name in imported(n))
    ]
    calls = {"eval", "exec", "compile", "__import__", "yaml.load", "yaml.unsafe_load", "yaml.full_load"}
    found += [where(p, n) for p, n in nodes(ast.Call) if called(n) in calls]
    found += [
        where(p, n)
        for p, n in nodes(ast.keyword)
        if n.arg == "allow_pickle" and not (isinstance(n.value, ast.Constant) and n.value.value is False)
    ]
    assert not found


def test_no_global_random_state_and_no_hash_that_differs_by_process() -> None:
    allowed = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "SFC64"}
    attributes = (re.fullmatch(r"(?:np|numpy)\.random\.(\w+)", ast.unparse(n)) for _, n in nodes(ast.Attribute))
    assert {m[1] for m in attributes if m} <= allowed
    found = [where(p, n) for p, n in nodes(ast.Call) if called(n) == "hash"]
    found += [where(p, n) for p, n in nodes(ast.Import, ast.ImportFrom) if "random" in imported(n)]
    found += [where(p, n) for p, n in nodes(ast.ImportFrom) if n.module in ("random", "numpy.random")]
    assert not found


def test_no_exception_is_swallowed() -> None:
    broad = {None, "Exception", "BaseException", "(Exception,)"}
    found = []
    for path, node in nodes(ast.ExceptHandler):
        caught = ast.unparse(node.type) if node.type else None
        silent = all(isinstance(s, ast.Pass | ast.Continue) or ast.unparse(s) == "..." for s in node.body)
        if caught is None or (caught in broad and silent):
            found.append(where(path, node))
    found += [
        where(p, n)
        for p, n in nodes(ast.Call)
        if called(n).endswith("suppress") and {ast.unparse(a) for a in n.args} & broad
    ]
    assert not found


def test_nothing_is_a_stub() -> None:
    """Only the methods of a Protocol may have no body of their own."""
    protocol = {
        id(f) for _, c in nodes(ast.ClassDef) if any("Protocol" in ast.unparse(b) for b in c.bases) for f in c.body
    }
    found = []
    for path, function in nodes(*FUNCTIONS):
        body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        bare = any(isinstance(s, ast.Expr) and ast.unparse(s) == "..." for s in function.body)
        stub = bare or (bool(body) and all(isinstance(s, ast.Pass) for s in body))
        stub = stub or any(isinstance(s, ast.Raise) and "NotImplementedError" in ast.unparse(s) for s in body)
        if stub and id(function) not in protocol:
            found.append(f"{where(path, function)} {function.name}")
    assert not found


def public(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Public classes, functions and methods, from the outside in."""
    for node in body:
        if isinstance(node, (ast.ClassDef, *FUNCTIONS)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def test_everything_public_says_what_it_is() -> None:
    found = [where(p) for p, tree in TREES.items() if not ast.get_docstring(tree)]
    for path, tree in TREES.items():
        found += [f"{where(path, n)} {n.name}" for n in public(tree.body) if not ast.get_docstring(n)]
    assert not found


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file under version control (every file of the tree where there is none)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True)
    paths = listed.stdout.split("\0") if listed.returncode == 0 else []
    if not any(paths):
        pytest.skip("not a checkout under version control: there is no list of its files")
    for name in filter(None, paths):
        path = REPOSITORY / name
        if path.is_file():
            yield name, path.read_bytes().decode("utf-8", errors="ignore")


def test_no_file_names_a_package_registry_or_a_place_on_one_machine() -> None:
    # Written in two parts, so that this file does not name them either.
    hosts = [
        ("py", "pi.org"), ("python", "hosted.org"), ("conda.", "anaconda.org"), ("registry.", "npmjs.org"),
        ("crates", ".io"), ("proxy.", "golang.org"), ("rubygems", ".org"), ("repo1.", "maven.org"),
    ]  # fmt: skip
    words = [re.escape("".join(h)) for h in hosts] + [r"(?<![\w.-])/wo" + r"rk/", r"(?<!\w)/ro" + r"ot/"]
    pattern = re.compile("|".join(words))
    found = [f"{name}: {m[0]}" for name, text in tracked_texts() for m in pattern.finditer(text)]
    assert not found


def test_the_test_set_is_opened_in_one_place() -> None:
    allowed = {SOURCE / "core" / "ledger.py", SOURCE / "stages" / "prove.py", SOURCE / "stages" / "judge.py"}
    found = []
    for path, tree in TREES.items():
        names = {getattr(n, a, None) for n in ast.walk(tree) for a in ("id", "attr", "name", "value", "asname")}
        if path not in allowed and "unseal" in {n for n in names if isinstance(n, str)}:
            found.append(where(path))
    assert not found
    assert all("unseal" in p.read_text(encoding="utf-8") for p in allowed)


PLUGIN_FILES = [
    (kind, path)
    for kind in registry.KINDS
    for path in sorted((SOURCE / registry.folder_of(kind)).glob("*.py"))
    if path.stem != "__init__"
]


@pytest.mark.parametrize(("kind", "path"), PLUGIN_FILES, ids=lambda v: getattr(v, "stem", v))
def test_a_plug_in_file_is_one_plug_in_of_its_folder(kind: registry.PluginKind, path: Path) -> None:
    made = [
        ast.literal_eval(d.args[0])
        for node in TREES[path].body
        if isinstance(node, ast.ClassDef)
        for d in node.decorator_list
        if isinstance(d, ast.Call) and called(d).split(".")[-1] == "plugin"
    ]
    assert made == [kind]
    spec = registry.spec(kind, path.stem)
    assert (spec.kind, spec.name) == (kind, path.stem)
    assert spec.summary.endswith(".")


def test_the_error_tree_is_drawn_as_it_is() -> None:
    drawn: dict[str, str] = {}
    stack: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^([\s│├└─]*)([A-Z]\w+)", line)
        if not found or not re.fullmatch(r"[\s│├└─]{4,}", found[1]):
            continue
        stack = [(c, n) for c, n in stack if c < len(found[1])]
        drawn[found[2]] = stack[-1][1] if stack else "Exception"
        stack.append((len(found[1]), found[2]))
    real = {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert drawn == real


def test_every_error_that_is_raised_on_purpose_is_in_the_tree() -> None:
    own = [where(p, c) for p, c in nodes(ast.ClassDef) if any("Error" in ast.unparse(b) for b in c.bases)]
    assert all(place.startswith("src/abound/errors.py") for place in own), own


def test_terminals_are_the_business_of_the_command_line() -> None:
    found = []
    for path, node in nodes(ast.Import, ast.ImportFrom):
        outside = path.relative_to(SOURCE).parts[0] != "cli"
        if outside and any(name.split(".")[0] in ("typer", "rich", "click") for name in imported(node)):
            found.append(where(path, node))
    found += [
        where(p, n) for p, n in nodes(ast.Call) if called(n) == "print" and p.relative_to(SOURCE).parts[0] != "cli"
    ]
    assert not found
