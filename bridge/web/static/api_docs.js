// Opens Swagger UI on our description. Nothing leaves this origin: no validator, no remote file.
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api");
  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.description,
    validatorUrl: null,
    deepLinking: true,
    docExpansion: "none",
    persistAuthorization: false,
    queryConfigEnabled: false,
  });
});
