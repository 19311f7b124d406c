"""Pages of people."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from fenming.modules.people.views import calendar, custom, importing, organisation, persons, workbook


class KindConverter(StringConverter):
    """A kind of place."""

    regex = "departments|posts|stores|shops|regions"


class ListConverter(StringConverter):
    """A kind of place that is shown as a list."""

    regex = "posts|stores|shops|regions"


register_converter(KindConverter, "kind")
register_converter(ListConverter, "list")

urlpatterns = [
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/chart/", organisation.chart, name="organisation-chart"),
    path("organisation/file/", workbook.upload, name="organisation-file"),
    path("organisation/file/apply/", workbook.apply, name="organisation-apply"),
    path("organisation/file/export/", workbook.export, name="organisation-export"),
    path("organisation/departments/<int:pk>/", organisation.organisation, name="department"),
    path("organisation/<list:kind>/", organisation.places, name="places"),
    path("organisation/new/<kind:kind>/", organisation.new, name="place-new"),
    path("organisation/edit/<kind:kind>/<int:pk>/", organisation.edit, name="place-edit"),
    path("organisation/edit/<kind:kind>/<int:pk>/close/", organisation.close, name="place-close"),
    path("organisation/edit/<kind:kind>/<int:pk>/reopen/", organisation.reopen, name="place-reopen"),
    path("organisation/edit/<kind:kind>/<int:pk>/delete/", organisation.drop, name="place-drop"),
    path("fields/", custom.fields, name="fields"),
    path("fields/new/", custom.new, name="field-new"),
    path("fields/edit/<slug:code>/", custom.edit, name="field"),
    path("fields/edit/<slug:code>/retire/", custom.retire, name="field-retire"),
    path("people/", persons.people, name="people"),
    path("people/find/", persons.find, name="people-find"),
    path("people/calendar/", calendar.calendar, name="people-calendar"),
    path("people/calendar/notice/", calendar.notice, name="people-calendar-notice"),
    path("people/new/", persons.new, name="person-new"),
    path("people/import/", importing.upload, name="people-import"),
    path("people/import/template/", importing.template, name="people-template"),
    path("people/import/<int:pk>/", importing.one, name="people-import-one"),
    path("people/import/<int:pk>/progress/", importing.progress, name="people-import-progress"),
    path("people/import/<int:pk>/refused/", importing.refused, name="people-import-refused"),
    path("people/import/<int:pk>/apply/", importing.apply, name="people-import-apply"),
    path("people/import/<int:pk>/stop/", importing.stop, name="people-import-stop"),
    path("people/import/<int:pk>/undo/", importing.undo, name="people-import-undo"),
    path("people/import/<int:pk>/discard/", importing.discard, name="people-import-discard"),
    path("people/export/", importing.export, name="people-export"),
    path("people/<str:number>/", persons.person, name="person"),
    path("people/<str:number>/edit/", persons.edit, name="person-edit"),
    path("people/<str:number>/undo/", persons.undo, name="person-undo"),
    path("people/<str:number>/reveal/<slug:field>/", persons.reveal, name="person-reveal"),
    path("people/<str:number>/change/<slug:what>/", persons.change, name="person-change"),
    path("people/<str:number>/change/<slug:what>/<int:pk>/", persons.change, name="person-change-post"),
    path("me/file/", persons.my_file, name="my-file"),
    path("me/file/reveal/<slug:field>/", persons.my_reveal, name="my-reveal"),
]
