/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: 'openapi.yaml',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  // Its badge would ask another host about the file.
  validatorUrl: null,
  // A key is not kept when the page is left.
  persistAuthorization: false,
});
