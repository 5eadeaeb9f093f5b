// SPDX-License-Identifier: MIT
// Linked to the clients whose library does not connect by itself; not part of any figure.
#include <netdb.h>
#include <sys/socket.h>

int connect_to(const char* host, const char* port) {
  addrinfo* found = nullptr;
  if (getaddrinfo(host, port, nullptr, &found) != 0) return -1;
  const int descriptor = socket(found->ai_family, SOCK_STREAM, 0);
  const int result = connect(descriptor, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return result == 0 ? descriptor : -1;
}
