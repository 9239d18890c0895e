"""The reference program of a plan: the calls as the documentation wants them."""

from hone.tasks.families.libraries.plan import Plan, Source, Stage
from hone.tasks.families.libraries.told import signature
from hone.tasks.libraries.spec import Function, How, Parameter, Role, Session, Style


def program(plan: Plan) -> str:
    """Python source that defines the entry point."""
    imports, body = [], []
    for number, stage in enumerate(plan.stages, 1):
        imports.append(f"from {stage.library.name}.{stage.entry.module} import {', '.join(_imported(stage))}")
        if isinstance(stage.entry, Session):
            body += _held(stage, stage.entry, number)
        else:
            body.append(f"step_{number} = {_call(stage, stage.entry, number)}")
        if stage.may_be_absent:
            body += [f"if step_{number} is {stage.library.name}.{stage.library.absent}:", "    return None"]
            imports.append(f"import {stage.library.name}")
        record = stage.entry.record if isinstance(stage.entry, Function) else None
        if record is not None:
            field = record.mark if plan.wants_mark and number == len(plan.stages) else record.value
            body.append(f"step_{number} = step_{number}.{field}")
    body.append(f"return step_{len(plan.stages)}")
    if plan.catches:
        body = ["try:", *(f"    {line}" for line in body)]
        for library in plan.libraries:
            body += [f"except {library.name}.{library.base_error} as error:", f"    return -error.{library.number}"]
            imports.append(f"import {library.name}")
    head = [*sorted(set(imports)), "", "", f"def {signature(plan)}:"]
    return "\n".join([*head, *(f"    {line}" for line in body), ""])


def _imported(stage: Stage) -> list[str]:
    entry = stage.entry
    if isinstance(entry, Function):
        return [entry.name]
    return [entry.name] if entry.style is Style.BUILDER else [entry.opening, entry.feeding, entry.closing]


def _call(stage: Stage, function: Function, number: int) -> str:
    main = _plain(stage.given[function.main], number)
    parts = []
    for one in function.parameters:
        value = _value(stage, one, _plain(stage.given[one.name], number), main)
        parts.append(value if one.how is How.POSITIONAL else f"{one.name}={value}")
    return f"{function.name}({', '.join(parts)})"


def _held(stage: Stage, session: Session, number: int) -> list[str]:
    items = _plain(stage.given[session.item.name], number)
    word = _value(stage, session.setting, _plain(stage.given[session.setting.name], number), "")
    item = _value(stage, session.item, "item", "")
    if session.style is Style.BUILDER:
        opened, fed, closed = session.name, f"held = held.{session.feeding}({item})", f"held.{session.closing}()"
    else:
        given = f"{item}, held" if session.handle_last else f"held, {item}"
        opened, fed, closed = session.opening, f"{session.feeding}({given})", f"{session.closing}(held)"
    return [f"held = {opened}({word})", f"for item in {items}:", f"    {fed}", f"step_{number} = {closed}"]


def _plain(source: Source, number: int) -> str:
    return f"step_{number - 1}" if source.is_result else source.argument or repr(source.stated)


def _value(stage: Stage, parameter: Parameter, plain: str, main: str) -> str:
    """The expression for a parameter, as the library wants it."""
    library = stage.library
    match parameter.role:
        case Role.QUANTITY:
            return f"{plain} * {library.unit(parameter).factor}"
        case Role.LIMIT:
            absent = f"{library.name}.{library.absent}"
            return f"{absent} if {plain} is None else {plain} * {library.unit(parameter).factor}"
        case Role.POSITION:
            first = library.counting.first
            if library.counting.backwards:
                return f"len({main}) - 1 - {plain}" + (f" + {first}" if first else "")
            return f"{plain} + {first}" if first else plain
        case Role.SETTING if stage.given[parameter.name].stated:
            return repr(parameter.settings[stage.given[parameter.name].stated])
        case Role.SETTING:
            return f"{dict(parameter.settings)!r}[{plain}]"
    return plain
