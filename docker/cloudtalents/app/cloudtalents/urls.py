from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from startup import views

urlpatterns = [
    path("", views.images, name="images"),
    path("accounts/signup/", views.SignUp.as_view(), name="signup"),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("health/", views.health, name="health"),
]
