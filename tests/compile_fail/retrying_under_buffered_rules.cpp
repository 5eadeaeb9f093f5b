// SPDX-License-Identifier: MIT
// expect: // FIX: BufferedWrites retries nothing: flush(), then write() what is new
#include <string_view>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  using Writes = tlsmode::BufferedWrites;
};

tlsmode::WriteResult test(tlsmode::Connection<Policy>& connection, std::string_view text) {
#ifdef CONTROL
  return connection.write(text);
#else
  return connection.retry(text);
#endif
}
