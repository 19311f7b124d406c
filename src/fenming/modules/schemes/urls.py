"""Pages of schemes."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from fenming.modules.schemes.views import editor, files, indicator, reading


class StepConverter(StringConverter):
    """What can be done with a draft."""

    regex = "submit|approve|return|publish|withdraw"


class FileConverter(StringConverter):
    """A kind of file."""

    regex = "yaml|xlsx"


class PlaceConverter(StringConverter):
    """The place of an item in a draft."""

    regex = "[0-9]{1,3}"

    def to_python(self, value: str) -> int:  # type: ignore[override]  # as Django's IntConverter
        return int(value)


register_converter(StepConverter, "scheme_step")
register_converter(FileConverter, "scheme_file")
register_converter(PlaceConverter, "place")

urlpatterns = [
    path("schemes/", reading.schemes, name="schemes"),
    path("schemes/new/", editor.new, name="scheme-new"),
    path("schemes/own/", reading.own, name="my-scheme"),
    path("schemes/approvals/", reading.approvals, name="scheme-approvals"),
    path("schemes/difference/", reading.difference, name="scheme-diff"),
    path("schemes/indicators/", editor.find_indicators, name="scheme-indicators"),
    path("schemes/drafts/<int:pk>/", editor.draft, name="scheme-draft"),
    path("schemes/drafts/<int:pk>/<scheme_step:step>/", editor.act, name="scheme-draft-act"),
    path("schemes/drafts/<int:pk>/targets/<place:index>/", files.targets, name="scheme-targets"),
    path("schemes/drafts/<int:pk>/file.<scheme_file:kind>", files.export_draft, name="scheme-draft-file"),
    path("schemes/versions/<int:pk>/withdraw/", reading.withdraw, name="scheme-withdraw"),
    path("schemes/versions/<int:pk>/file.<scheme_file:kind>", files.export, name="scheme-file"),
    path("schemes/of/<str:identifier>/", reading.scheme, name="scheme"),
    path("indicators/<slug:name>/", indicator.indicator, name="indicator"),
]
