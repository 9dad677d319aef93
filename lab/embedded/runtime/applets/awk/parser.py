"""Reading awk's programs: rules, functions, statements. Expressions are read by `expressions`."""

from __future__ import annotations

from lab.embedded.runtime.applets.awk.expressions import ExpressionReader
from lab.embedded.runtime.applets.awk.syntax import (
    Block,
    Delete,
    Each,
    Element,
    Evaluate,
    Expr,
    Field,
    Function,
    Grouped,
    If,
    Jump,
    Loop,
    Name,
    Print,
    Program,
    Rule,
    Statement,
    Within,
)

_JUMPS = ("next", "nextfile", "break", "continue")


def parse(text: str) -> Program:
    """A program.

    Raises:
        Failed: it is none, in words like busybox'.
    """
    return _Parser(text).program()


class _Parser(ExpressionReader):
    def program(self) -> Program:
        found = Program([], [], [], {})
        self._gap()
        while not self._ended():
            self._item(found)
            self._gap()
        for name in self.called:
            if name not in found.functions:
                raise self._failed("Call to undefined function")
        return found

    def _item(self, found: Program) -> None:
        if self._take("function", "func"):
            function = self._function()
            if function.name in found.functions:
                raise self._failed("Duplicate function")
            found.functions[function.name] = function
            return
        if self._take("BEGIN"):
            found.begin.append(self._block())
            return
        if self._take("END"):
            found.end.append(self._block())
            return
        first = last = None
        if not self._at("{"):
            first = self.expression()
            if self._take(","):
                self._newlines()
                last = self.expression()
        body: Statement = self._block() if self._at("{") else Print((), formatted=False)
        found.rules.append(Rule(first, last, body))

    def _function(self) -> Function:
        token = self._next()
        if token.kind not in ("name", "call"):
            raise self._failed()
        self._expect("(")
        parameters: list[str] = []
        while not self._take(")"):
            parameters.append(self._next().text)
            self._take(",")
            self._newlines()
        self._newlines()
        self.parameters = tuple(parameters)
        body = self._block()
        self.parameters = ()
        return Function(token.text, tuple(parameters), body)

    # -- statements ---------------------------------------------------------------------------------------

    def _gap(self) -> None:
        while self._take("\n", ";"):
            pass

    def _block(self) -> Block:
        self._expect("{")
        statements: list[Statement] = []
        self._gap()
        while not self._take("}"):
            statements.append(self._statement())
            self._gap()
        return Block(tuple(statements))

    def _body(self) -> Statement:
        """A statement after a condition, perhaps on the next line; a lone `;` is an empty one."""
        self._newlines()
        if self._take(";"):
            return Block(())
        return self._statement()

    def _statement(self) -> Statement:
        with self._deeper():
            if self._at("{"):
                return self._block()
            token = self._peek()
            if token.kind == "keyword" and token.text in ("if", "while", "do", "for"):
                self._next()
                return {"if": self._if, "while": self._while, "do": self._do, "for": self._for}[token.text]()
            statement = self._simple()
            if not self._at("}") and not self._ended() and not self._take(";", "\n"):
                raise self._failed()
            return statement

    def _simple(self) -> Statement:
        for kind in _JUMPS:
            if self._take(kind):
                return Jump(kind)
        for kind in ("exit", "return"):
            if self._take(kind):
                return Jump(kind, None if self._at(";", "\n", "}") or self._ended() else self.expression())
        if self._take("delete"):
            return self._delete()
        if self._at("print", "printf"):
            return self._print()
        return Evaluate(self.expression())

    def _delete(self) -> Statement:
        target = self.primary()
        if isinstance(target, Element):
            return Delete(target.array, target.keys)
        if not isinstance(target, Name):
            raise self._failed()
        return Delete(target, None)

    def _print(self) -> Statement:
        formatted = self._next().text == "printf"
        items: tuple[Expr, ...] = ()
        if not self._at(";", "\n", "}", ">", ">>", "|") and not self._ended():
            self.printing = True
            items = self.listed()
            self.printing = False
            if len(items) == 1 and isinstance(items[0], Grouped):
                items = items[0].items
        if self._at(">", ">>", "|"):
            how = self._next().text
            return Print(items, formatted, how, self.destination())
        return Print(items, formatted)

    def _if(self) -> Statement:
        self._expect("(")
        condition = self.expression()
        self._expect(")")
        yes = self._body()
        mark = self.position
        self._gap()
        if self._take("else"):
            return If(condition, yes, self._body())
        self.position = mark
        return If(condition, yes, None)

    def _while(self) -> Statement:
        self._expect("(")
        condition = self.expression()
        self._expect(")")
        return Loop(condition, self._body())

    def _do(self) -> Statement:
        body = self._body()
        self._gap()
        self._expect("while")
        self._expect("(")
        condition = self.expression()
        self._expect(")")
        self._take(";", "\n")
        return Loop(condition, body, first=True)

    def _for(self) -> Statement:
        self._expect("(")
        begin: Statement | None = None if self._at(";") else self._simple()
        if self._take(")"):
            return self._each(begin)
        self._expect(";")
        self._newlines()
        condition = None if self._at(";") else self.expression()
        self._expect(";")
        self._newlines()
        after = None if self._at(")") else self._simple()
        self._expect(")")
        loop = Loop(condition, self._body(), after)
        return Block((begin, loop)) if begin is not None else loop

    def _each(self, begin: Statement | None) -> Statement:
        within = begin.value if isinstance(begin, Evaluate) else None
        if not isinstance(within, Within) or not isinstance(within.keys[0], Name | Element | Field):
            raise self._failed()
        return Each(within.keys[0], within.array, self._body())
