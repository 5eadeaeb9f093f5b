// SPDX-License-Identifier: MIT
// expect: // FIX: Socket{fd}, or a noexcept receive(span)
#include <cstddef>
#include <span>

#include <tlsmode/tlsmode.hpp>

struct Transport {
#ifdef CONTROL
  tlsmode::ReadResult receive(std::span<std::byte> to) noexcept;
#else
  tlsmode::ReadResult receive(std::span<std::byte> to);
#endif
  tlsmode::WriteResult send(std::span<const std::byte> from) noexcept;
};

using Test = tlsmode::Connection<tlsmode::Server, Transport>;
