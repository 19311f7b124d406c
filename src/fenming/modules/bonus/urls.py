"""Pages of pools, adjustments and trials."""

from django.urls import path

from fenming.modules.bonus.views import adjustments, pools, trials

urlpatterns = [
    path("pools/", pools.pools, name="pools"),
    path("pools/set/", pools.save, name="pools-set"),
    path("pools/copy/", pools.copy, name="pools-copy"),
    path("pools/by-head/", pools.by_head, name="pools-by-head"),
    path("pools/file/", pools.file, name="pools-file"),
    path("pools/adjustments/", adjustments.adjustments, name="adjustments"),
    path("pools/adjustments/<int:pk>/end/", adjustments.end, name="adjustment-end"),
    path("pools/late/<int:pk>/", adjustments.late, name="late-facts"),
    path("trials/", trials.trials, name="trials"),
    path("trials/new/<int:pk>/", trials.new, name="trial-new"),
    path("trials/<int:pk>/", trials.trial, name="trial"),
    path("trials/<int:pk>/progress/", trials.progress, name="trial-progress"),
    path("trials/<int:pk>/stop/", trials.stop, name="trial-stop"),
    path("trials/<int:pk>/forget/", trials.forget, name="trial-forget"),
    path("trials/<int:pk>/file/", trials.file, name="trial-file"),
]
