"""Pages for people."""

from django.urls import path

from fenming.modules.desk.views import boards, kept, pivots

urlpatterns = [
    path("board/", boards.board, name="board"),
    path("board/ranking/", boards.ranking, name="board-ranking"),
    path("board/export/", boards.export, name="board-export"),
    path("board/score/<int:pk>/", boards.score, name="score"),
    path("board/company/", boards.company, name="board-company"),
    path("board/company/export/", boards.company_export, name="company-export"),
    path("board/pivot/", pivots.pivot, name="pivot"),
    path("board/pivot/export/", pivots.export, name="pivot-export"),
    path("board/alerts/", kept.alert_list, name="alerts"),
    path("board/alerts/ringing/", kept.ringing, name="ringing"),
    path("board/alerts/<int:pk>/", kept.alert_change, name="alert-change"),
    path("board/walls/", kept.wall_list, name="walls"),
    path("board/walls/<int:pk>/revoke/", kept.wall_revoke, name="wall-revoke"),
    path("board/reports/", kept.report_list, name="reports"),
    path("board/reports/<int:pk>/", kept.report_change, name="report-change"),
    path("wall/<str:token>/", kept.wall, name="wall"),
    path("rows/<int:pk>/<slug:indicator>/", boards.rows, name="rows"),
    path("me/", boards.me, name="me"),
]
