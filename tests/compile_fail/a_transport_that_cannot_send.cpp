// SPDX-License-Identifier: MIT
// expect: // FIX: WriteResult send(span<const byte>) noexcept
#include <cstddef>
#include <span>

#include <tlsmode/tlsmode.hpp>

struct Transport {
#ifdef CONTROL
  tlsmode::ReadResult receive(std::span<std::byte> to) noexcept;
  tlsmode::WriteResult send(std::span<const std::byte> from) noexcept;
#else
  tlsmode::ReadResult receive(std::span<std::byte> to) noexcept;
#endif
};

using Test = tlsmode::Connection<tlsmode::Server, Transport>;
