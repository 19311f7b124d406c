"""One's own messages, and the ways out for administrators."""

from django.urls import path

from fenming.modules.messages import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.read_all, name="inbox-read-all"),
    path("inbox/settings/", views.settings, name="inbox-settings"),
    path("inbox/<int:pk>/", views.open_message, name="inbox-open"),
    path("inbox/<int:pk>/read/", views.read, name="inbox-read"),
    path("inbox/<int:pk>/done/", views.done, name="inbox-done"),
    path("messages/channels/", views.channels, name="channels"),
    path("messages/channels/new/", views.new_channel, name="channel-new"),
    path("messages/channels/<int:pk>/", views.edit_channel, name="channel"),
    path("messages/channels/<int:pk>/try/", views.try_channel, name="channel-try"),
    path("messages/channels/<int:pk>/switch/", views.switch_channel, name="channel-switch"),
    path("messages/channels/deliveries/", views.deliveries, name="deliveries"),
    path("messages/channels/deliveries/<int:pk>/retry/", views.retry, name="delivery-retry"),
]
