"""Pages of indicators."""

from django.urls import path

from fenming.modules.indicators.views import editor, library, rating

urlpatterns = [
    path("indicators/", library.library, name="indicators"),
    path("indicators/export.xlsx", library.workbook, name="indicators-export"),
    path("indicators/import/", library.take_in, name="indicators-import"),
    path("indicators/new/", editor.new, name="indicator-new"),
    path("indicators/preview/", editor.preview, name="indicator-preview"),
    path("indicators/rating/", rating.new_item, name="indicator-rating"),
    path("indicators/<slug:identifier>/edit/", editor.edit, name="indicator-edit"),
    path("indicators/<slug:identifier>/levels/", rating.levels, name="indicator-levels"),
    path("indicators/<slug:identifier>/yaml/", library.yaml, name="indicator-yaml"),
    path("indicators/<slug:identifier>/versions/", library.versions, name="indicator-versions"),
    path("indicators/<slug:identifier>/versions/<int:pk>/withdraw/", library.withdraw, name="indicator-withdraw"),
    path("indicators/<slug:identifier>/end/", library.end, name="indicator-end"),
]
