"""Pages for people."""

from django.urls import path

from fenming.modules.desk import views

urlpatterns = [
    path("board/", views.board, name="board"),
    path("board/ranking/", views.ranking, name="board-ranking"),
    path("board/export/", views.export, name="board-export"),
    path("board/score/<int:pk>/", views.score, name="score"),
    path("rows/<int:pk>/<slug:indicator>/", views.rows, name="rows"),
    path("me/", views.me, name="me"),
]
