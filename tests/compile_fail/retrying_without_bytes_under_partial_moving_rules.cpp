// SPDX-License-Identifier: MIT
// expect: // FIX: say where the bytes are now: retry(span)
#include <string_view>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  using Writes = tlsmode::PartialMovingWrites;
};

tlsmode::WriteResult test(tlsmode::Connection<Policy>& connection, std::string_view text) {
#ifdef CONTROL
  return connection.retry(text);
#else
  static_cast<void>(text);
  return connection.retry();
#endif
}
