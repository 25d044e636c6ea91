/*
 * Debian 12's simple-whip-client ends as it starts: it is linked with libsoup 2, and libnice brings libsoup 3 by way of GUPnP, which
 * refuses to be in one process with the other. UPnP asks routers for ports; nobody does so on loopback. With this in the place of
 * libgupnp-igd the client runs as it is.
 */
unsigned long gupnp_simple_igd_get_type(void) { return 20 << 2; /* G_TYPE_OBJECT */ }
void *gupnp_simple_igd_thread_new(void) { return 0; }
void gupnp_simple_igd_add_port(void) {}
void gupnp_simple_igd_remove_port_local(void) {}
