"""What the prompt of a plan says: the steps in words, and the documentation."""

from collections.abc import Sequence

from hone.tasks.families.libraries.plan import Plan, Stage
from hone.tasks.libraries.docs import documentation
from hone.tasks.libraries.spec import Entry, LibrarySpec, Parameter, Role, Session


def signature(plan: Plan) -> str:
    """Of the entry point, with annotations."""
    parts = [f"{name}: {_type(stage, one)}" for name, (stage, one) in plan.arguments.items()]
    gives = dict.fromkeys([str(plan.gives), *(["int"] if plan.catches else [])])
    returned = " | ".join([*gives, *(["None"] if plan.may_be_absent else [])])
    return f"{plan.entry_point}({', '.join(parts)}) -> {returned}"


def asked(plan: Plan, pages: Sequence[tuple[LibrarySpec, Sequence[Entry]]], changes: str) -> str:
    """Everything between the signature and the examples.

    Args:
        pages: of each library, what the documentation is to tell of.
        changes: the changelog, or nothing.
    """
    names = " and ".join(f"`{library.name}` {library.version}" for library in plan.libraries)
    are, their = ("are", "their") if len(plan.libraries) > 1 else ("is", "its")
    lines = [f"Nothing but {names} can do it, which {are} installed; {their} documentation is below.", ""]
    lines += [f"{number}. {_step(stage, number)}" for number, stage in enumerate(plan.stages, 1)]
    lines += ["", f"Return the {'mark' if plan.wants_mark else 'result'} of step {len(plan.stages)}."]
    if plan.may_be_absent:
        lines.append("Where a step has no answer, return `None`.")
    if plan.catches:
        lines.append("Where a library raises an error of its own, return minus the number that the error carries.")
    if changes:
        lines += ["", "Programs for the former version do not work any more.", "", changes]
    lines += ["", *(documentation(library, entries) for library, entries in pages)]
    return "\n".join([*lines, f"# Examples of `{plan.entry_point}`", ""])


def _type(stage: Stage, parameter: Parameter) -> str:
    if isinstance(stage.entry, Session) and parameter.role is not Role.SETTING:
        return "list[str]" if parameter.role is Role.TEXT else "list[int]"
    return {
        Role.TEXT: "str",
        Role.SETTING: "str",
        Role.SERIES: "list[int]",
        Role.LIMIT: "int | None",
    }.get(parameter.role, "int")


def _step(stage: Stage, number: int) -> str:
    parts = "; ".join(_given(stage, one, number) for one in stage.parameters)
    return f"With `{stage.library.name}`, {stage.entry.does}: {parts}."


def _given(stage: Stage, parameter: Parameter, number: int) -> str:
    source = stage.given[parameter.name]
    text = f"the {parameter.meaning} {'are' if parameter.role is Role.SERIES else 'is'} "
    if source.stated:
        return f'{text}"{source.stated}"'
    text += f"the result of step {number - 1}" if source.is_result else f"`{source.argument}`"
    if isinstance(stage.entry, Session) and parameter.role is not Role.SETTING:
        text = text.replace(" is ", " is, for one parcel after the other, an item of ")
    if parameter.dimension:
        text += f", in {stage.library.unit(parameter).everyday}"
    match parameter.role:
        case Role.LIMIT:
            return f"{text}, or there is none where that is `None`"
        case Role.POSITION:
            return f"{text}, counted from 0 at the front"
        case Role.SETTING:
            return text + ", one of " + ", ".join(f'"{one}"' for one in parameter.settings)
    return text
