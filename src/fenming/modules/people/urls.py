"""Pages of people."""

from django.urls import path

from fenming.modules.people.views import importing, persons

urlpatterns = [
    path("people/", persons.people, name="people"),
    path("people/find/", persons.find, name="people-find"),
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
