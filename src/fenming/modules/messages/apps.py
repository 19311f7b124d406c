"""The module as a Django app, under a label that django.contrib.messages leaves free."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "fenming.modules.messages"
    label = "inbox"
