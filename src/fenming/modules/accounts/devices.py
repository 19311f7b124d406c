"""A device in words, from what its browser says of itself."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Named = tuple[tuple[str, str | Promise], ...]

_APPS: Named = (
    ("wxwork", gettext_lazy("WeCom")),
    ("MicroMessenger", gettext_lazy("WeChat")),
    ("DingTalk", gettext_lazy("DingTalk")),
    ("Lark", gettext_lazy("Feishu")),
    ("Feishu", gettext_lazy("Feishu")),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("QQBrowser", gettext_lazy("QQ Browser")),
    ("UCBrowser", "UC Browser"),
    ("QihooBrowser", gettext_lazy("360 Browser")),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""In order: most browsers also name those that they descend from."""
_SYSTEMS: Named = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
PHONES = ("iPhone", "iPad", "HarmonyOS", "OpenHarmony", "Android")


def named(agent: str) -> str:
    """“Chrome on Windows”."""
    app = next((name for part, name in _APPS if part in agent), None)
    system = next((name for part, name in _SYSTEMS if part in agent), None)
    if app and system:
        return _("%(app)s on %(system)s") % {"app": app, "system": system}
    return str(app or system or _("Unknown device"))


def is_phone(agent: str) -> bool:
    return any(part in agent for part in PHONES)
