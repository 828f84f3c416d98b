"""Language: Chinese first, English second; dates as schools write them."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context, request
from flask_babel import Babel, Domain, get_domain, get_locale, gettext

from trainhub.kernel.clock import local

LOCALES = ("zh_Hans_CN", "en")
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class _Sentences(Domain):  # type: ignore[misc]
    """The catalogues that templates are compiled with also serve the code: one copy, no copying."""

    def get_translations(self) -> NullTranslations:
        """Return the catalogue of the request's language; none outside an application."""
        return catalogue(LOCALES[0] if is_chinese() else LOCALES[1]) if has_app_context() else NullTranslations()


babel = Babel()
babel.domain_instance = _Sentences()


def choose_locale() -> str:
    """Return the locale: the account's choice, then ``?lang=``, then Chinese."""
    chosen = getattr(g, "locale", None) or request.args.get("lang") or request.cookies.get("trainhub_lang")
    return chosen if chosen in LOCALES else LOCALES[0]


def is_chinese() -> bool:
    """Whether the reader reads Chinese."""
    locale = get_locale()
    return locale is None or locale.language == "zh"


def day_text(value: date | datetime | None, *, year: bool | None = None, weekday: bool = True) -> str:
    """Return ``2026年11月20日 周五``; the year is left out for the present year unless asked for."""
    if value is None:
        return "–"
    from trainhub.kernel.clock import local_day, now

    day = local(value).date() if isinstance(value, datetime) else value
    with_year = day.year != local_day(now()).year if year is None else year
    if is_chinese():
        head = f"{day.year}年" if with_year else ""
        tail = f" 周{_WEEKDAYS_ZH[day.weekday()]}" if weekday else ""
        return f"{head}{day.month}月{day.day}日{tail}"
    head = day.strftime("%-d %b %Y") if with_year else day.strftime("%-d %b")
    return f"{_WEEKDAYS_EN[day.weekday()]} {head}" if weekday else head


def time_text(value: datetime | None) -> str:
    """Return ``14:30`` on the wall clock of the schools."""
    if value is None:
        return "–"
    there = local(value)
    return f"{there.hour:02}:{there.minute:02}"


def span_text(start: datetime, end: datetime, *, year: bool | None = None) -> str:
    """Return ``11月20日 周五 14:30–16:30``."""
    return f"{day_text(start, year=year)} {time_text(start)}–{time_text(end)}"


def moment_text(value: datetime | None, *, year: bool | None = None) -> str:
    """Return ``11月20日 18:25``."""
    return f"{day_text(value, year=year, weekday=False)} {time_text(value)}" if value else "–"


def deadline_parts(value: datetime, *, year: bool | None = None) -> tuple[str, str]:
    """Return the day and the time of a deadline, as schools say it: midnight is ``24:00`` of the day that ends then, never ``00:00``."""
    there = local(value)
    if (there.hour, there.minute) != (0, 0):
        return day_text(value, year=year, weekday=False), time_text(value)
    return day_text(value - timedelta(seconds=1), year=year, weekday=False), "24:00"


def deadline_text(value: datetime | None, *, year: bool | None = None) -> str:
    """Return ``11月27日 24:00``."""
    return " ".join(deadline_parts(value, year=year)) if value else "–"


def periods_text(minutes: int, period_minutes: int = 45) -> str:
    """Return ``2 学时``: whole periods of a number of minutes."""
    return str(gettext("%(n)s periods", n=minutes // period_minutes))


def percent_text(done: int, owed: int) -> str:
    """Return one decimal, or n/a where nobody is in scope."""
    return f"{done * 100 / owed:.1f}%" if owed else gettext("n/a")


def _gettext(text: str) -> str:
    return str(get_domain().get_translations().gettext(text))


def _ngettext(one: str, many: str, number: int) -> str:
    return str(get_domain().get_translations().ngettext(one, many, number))


def chinese(text: str) -> str:
    """Translate outside any application, for commands that need none."""
    return str(catalogue(LOCALES[0]).gettext(text))


@lru_cache(maxsize=len(LOCALES))
def catalogue(locale: str) -> NullTranslations:
    """Return the sentences of a language; English has none, for it is what the code is written in."""
    folder = Path(__file__).resolve().parents[1] / "translations"
    return Translations.load(str(folder), [locale])


def install(app: Flask) -> None:
    """Register Babel and the filters."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", LOCALES[0])
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    babel.init_app(app, locale_selector=choose_locale)
    filters: dict[str, Any] = {
        "day": day_text, "clock": time_text, "span": span_text, "moment": moment_text, "deadline": deadline_text, "periods": periods_text,
    }
    app.jinja_env.filters.update(filters)
    environment: Any = app.jinja_env  # the i18n extension adds this method at run time
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    app.jinja_env.globals.update(span_text=span_text, percent=percent_text, is_chinese=is_chinese)

    @app.context_processor
    def language() -> dict[str, Any]:
        return {"html_lang": "zh-Hans-CN" if is_chinese() else "en"}
