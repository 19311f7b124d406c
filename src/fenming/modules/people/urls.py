"""Pages of people."""

from django.urls import path

from fenming.modules.people.views import persons

urlpatterns = [
    path("people/", persons.people, name="people"),
    path("people/find/", persons.find, name="people-find"),
    path("people/new/", persons.new, name="person-new"),
    path("people/<str:number>/", persons.person, name="person"),
    path("people/<str:number>/edit/", persons.edit, name="person-edit"),
    path("people/<str:number>/undo/", persons.undo, name="person-undo"),
    path("people/<str:number>/reveal/<slug:field>/", persons.reveal, name="person-reveal"),
    path("people/<str:number>/change/<slug:what>/", persons.change, name="person-change"),
    path("people/<str:number>/change/<slug:what>/<int:pk>/", persons.change, name="person-change-post"),
    path("me/file/", persons.my_file, name="my-file"),
    path("me/file/reveal/<slug:field>/", persons.my_reveal, name="my-reveal"),
]
