/*
 * Janus offers no loopback addresses for media, and tests keep to loopback. With this in front of the C library a program sees
 * loopback's own interface as any other, and no further ones.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stddef.h>

int getifaddrs(struct ifaddrs **list) {
  int (*real)(struct ifaddrs **) = dlsym(RTLD_NEXT, "getifaddrs");
  int result = real(list);
  if (result != 0) return result;
  for (struct ifaddrs *each = *list; each; each = each->ifa_next) {
    if (each->ifa_flags & IFF_LOOPBACK) each->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
    else each->ifa_flags &= ~(unsigned)(IFF_UP | IFF_RUNNING);
  }
  return 0;
}
