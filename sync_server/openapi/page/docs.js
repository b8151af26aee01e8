"use strict";

// A file and not inline: the page's Content-Security-Policy allows no script of its own.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#kazi-api",
  deepLinking: true,
  filter: true,
  tryItOutEnabled: false,
  requestSnippetsEnabled: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  defaultModelRendering: "example",
  // a token stays in this tab, and is gone with it
  persistAuthorization: false,
  // no badge: it would send the document to another host
  validatorUrl: null,
  syntaxHighlight: { activated: true, theme: "nord" },
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
