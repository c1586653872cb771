from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.forms import ClearableFileInput, ModelForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import CreateView

from startup.models import Image

IMAGES_A_PAGE = 50


class ImageForm(ModelForm):
    class Meta:
        model = Image
        fields = ["name", "description", "image"]
        widgets = {"image": ClearableFileInput(attrs={"accept": "image/*"})}


@require_http_methods(["GET", "HEAD", "POST"])
def images(request):
    """All images, and the form to upload one, which needs an account."""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.path)
    form = ImageForm(request.POST, request.FILES) if request.method == "POST" else ImageForm()
    if form.is_bound and form.is_valid():
        form.save()
        return redirect("images")
    page = Paginator(Image.objects.all(), IMAGES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "startup/images.html", {"form": form, "page": page}, status=400 if form.is_bound else 200)


class SignUp(CreateView):
    form_class = UserCreationForm
    template_name = "registration/signup.html"
    success_url = reverse_lazy("images")

    def form_valid(self, form):
        response = super().form_valid(form)
        login(self.request, self.object)
        return response


@require_safe
def health(request):
    return HttpResponse(status=204)
