"""The first start, tours and help."""

from django.urls import path

from fenming.modules.start.views import entry, steps, topics

urlpatterns = [
    path("start/", entry.start, name="start"),
    path("start/progress/", entry.progress, name="start-progress"),
    path("start/company/", steps.company, name="start-company"),
    path("start/people/", steps.people, name="start-people"),
    path("start/schemes/", steps.schemes, name="start-schemes"),
    path("start/records/", steps.records, name="start-records"),
    path("start/records/progress/", steps.records_progress, name="start-records-progress"),
    path("start/invitations/", steps.invitations, name="start-invitations"),
    path("start/done/", steps.done, name="start-done"),
    path("help/", topics.index, name="help"),
    path("help/<slug:slug>/", topics.topic, name="help-topic"),
    path("tours/<slug:tour>/seen/", topics.tour_seen, name="tour-seen"),
]
