// SPDX-License-Identifier: MIT
#include <tlsmode/tlsmode.hpp>

#include <cstdio>

int connect_to(const char* host, const char* port);

int main(int, char** argv) try {
  tlsmode::Context<tlsmode::Client> context;
  tlsmode::Connection connection{context, tlsmode::Socket{connect_to(argv[1], argv[2])}, tlsmode::PeerName{argv[1]}};
  const std::span<const char> request{argv[3], 64};
  if (connection.write(request).bytes != 64) throw connection.error();
  char answer[4096];
  for (std::size_t count; (count = connection.read(answer).bytes) > 0;) std::fwrite(answer, 1, count, stdout);
  static_cast<void>(connection.shutdown());
} catch (const tlsmode::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
