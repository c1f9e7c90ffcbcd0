"""What a function raises, as its code says: its own `raise`, and those of what it calls, unless it catches them.

Calls are followed where a name says what is called: functions and classes of a module, imported ones, methods of
`self`. Methods of other objects are not: so what is found is raised indeed, and more may be.
"""

import ast
import builtins
from dataclasses import dataclass, field
from pathlib import Path

from filmroll import errors

Names = frozenset[str]
TREE = {name: each for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.Error)}


def class_of(name: str) -> type | None:
    """Return an exception by its name: one of filmroll's, or a builtin."""
    found = TREE.get(name) or getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def is_covered(name: str, by: Names) -> bool:
    """Tell whether an exception is one of those named, or of a class under one of them."""
    one = class_of(name)
    return any(one is not None and (base := class_of(each)) is not None and issubclass(one, base) for each in by)


@dataclass(eq=False)
class Function:
    """A function or method of the package."""

    name: str
    module: str
    owner: str | None
    node: ast.FunctionDef
    class_docstring: str = ""
    direct: list[tuple[str, tuple[Names, ...]]] = field(default_factory=list)
    calls: list[tuple["Function", tuple[Names, ...]]] = field(default_factory=list)
    escapes: dict[str, str] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        """Whether it may be called from outside of its module."""
        parts = (self.name, self.owner or "", *self.module.split("."))
        return not any(part.startswith("_") and part not in ("__init__",) for part in parts)

    @property
    def documented(self) -> Names:
        """What its docstring says it raises; of a class that is made, the one of the class."""
        return raises_of(self.class_docstring if self.name == "__init__" else ast.get_docstring(self.node) or "")

    @property
    def place(self) -> str:
        """Where it stands."""
        return ".".join(part for part in (self.module, self.owner, self.name) if part)


def raises_of(docstring: str) -> Names:
    """Return the names in a docstring's section on what is raised."""
    names: set[str] = set()
    inside = False
    for line in docstring.splitlines():
        if line.strip() == "Raises:":
            inside = True
        elif inside and line.strip() and not line.startswith(" "):
            break
        elif inside and line.startswith("    ") and not line.startswith("     ") and ":" in line:
            names.update(one.strip() for one in line.partition(":")[0].split(","))
    return frozenset(names)


class Package:
    """All functions of a package, with what they call and what escapes from them."""

    def __init__(self, root: Path) -> None:
        self.functions: dict[tuple[str, str | None, str], Function] = {}
        self.imports: dict[str, dict[str, str]] = {}
        self.bases: dict[tuple[str, str], list[str]] = {}
        trees = {self._name(path, root): ast.parse(path.read_text("utf-8")) for path in sorted(root.rglob("*.py"))}
        self.modules = set(trees)
        for module, tree in trees.items():
            self._register(module, tree)
        for function in self.functions.values():
            Walker(self, function).walk()
        self._settle()

    @staticmethod
    def _name(path: Path, root: Path) -> str:
        parts = path.relative_to(root.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _register(self, module: str, tree: ast.Module) -> None:
        names = self.imports[module] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names if alias.asname}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[module, None, node.name] = Function(node.name, module, None, node)
            elif isinstance(node, ast.ClassDef):
                self.bases[module, node.name] = [base.id for base in node.bases if isinstance(base, ast.Name)]
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        key = (module, node.name, inner.name)
                        self.functions[key] = Function(
                            inner.name, module, node.name, inner, ast.get_docstring(node) or ""
                        )

    def find(self, module: str, owner: str | None, call: ast.expr) -> Function | None:
        """Return the function that a call names, if its name says which one."""
        if isinstance(call, ast.Name):
            return self._named(module, call.id)
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name):
            if call.value.id == "self" and owner:
                return self._method(module, owner, call.attr)
            target = self.imports[module].get(call.value.id, "")
            return self._named(target, call.attr) if target in self.modules else None
        return None

    def _named(self, module: str, name: str, depth: int = 0) -> Function | None:
        found = self.functions.get((module, None, name))
        if found is not None or depth > 5:
            return found
        if (module, name) in self.bases:
            return self._method(module, name, "__init__")
        home, _, original = self.imports.get(module, {}).get(name, "").rpartition(".")
        return self._named(home, original, depth + 1) if home in self.modules else None

    def _method(self, module: str, owner: str, name: str) -> Function | None:
        if (found := self.functions.get((module, owner, name))) is not None:
            return found
        for base in self.bases.get((module, owner), ()):
            home, original = module, base
            if (module, base) not in self.bases:
                home, _, original = self.imports[module].get(base, "").rpartition(".")
            if (home, original) in self.bases and (found := self._method(home, original, name)) is not None:
                return found
        return None

    def _settle(self) -> None:
        """Let what is raised rise through the callers until nothing changes."""
        changed = True
        while changed:
            changed = False
            for function in self.functions.values():
                found = {name: function.place for name, caught in function.direct if not _is_caught(name, caught)}
                for called, caught in function.calls:
                    found |= {name: at for name, at in called.escapes.items() if not _is_caught(name, caught)}
                if found.keys() - function.escapes.keys():
                    function.escapes = {**found, **function.escapes}
                    changed = True


def _is_caught(name: str, caught: tuple[Names, ...]) -> bool:
    return any(is_covered(name, names) for names in caught)


class Walker(ast.NodeVisitor):
    """Look through one function for what it raises and calls, and for what it catches around that."""

    def __init__(self, package: Package, function: Function) -> None:
        self.package, self.function = package, function
        self.caught: tuple[Names, ...] = ()

    def walk(self) -> None:
        """Look through its body."""
        for statement in self.function.node.body:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Leave inner functions alone: they are called elsewhere."""

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Leave inner functions alone."""

    def visit_Try(self, node: ast.Try) -> None:
        """Look into the body with what the handlers catch for good."""
        outside = self.caught
        for handler in node.handlers:
            if not any(isinstance(one, ast.Raise) and one.exc is None for one in ast.walk(handler)):
                self.caught = (*self.caught, _caught_by(handler))
        for statement in node.body:
            self.visit(statement)
        self.caught = outside
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)

    def visit_With(self, node: ast.With) -> None:
        """Look into the body of `with suppress(...)`, and of guards that make all exceptions one."""
        outside = self.caught
        for item in node.items:
            self.visit(item.context_expr)
            call = item.context_expr
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "suppress":
                self.caught = (*self.caught, frozenset(one.id for one in call.args if isinstance(one, ast.Name)))
        for statement in node.body:
            self.visit(statement)
        self.caught = outside

    def visit_Raise(self, node: ast.Raise) -> None:
        """Note what is raised: a class, one made here, or one that a function returns."""
        if (name := self._raised(node.exc)) is not None:
            self.function.direct.append((name, self.caught))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Note what is called."""
        called = self.package.find(self.function.module, self.function.owner, node.func)
        if called is not None:
            self.function.calls.append((called, self.caught))
        self.generic_visit(node)

    def _raised(self, raised: ast.expr | None) -> str | None:
        while isinstance(raised, ast.Call) and isinstance(raised.func, ast.Attribute) and raised.func.attr == "at":
            raised = raised.func.value
        called = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(called, ast.Name) and class_of(called.id) is not None:
            return called.id
        function = self.package.find(self.function.module, self.function.owner, called) if called else None
        returned = function.node.returns if function is not None else None
        return returned.id if isinstance(returned, ast.Name) and class_of(returned.id) is not None else None


def _caught_by(handler: ast.ExceptHandler) -> Names:
    if handler.type is None:
        return frozenset({"BaseException"})
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(one.id for one in types if isinstance(one, ast.Name))
