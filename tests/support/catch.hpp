// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_CATCH_HPP
#define TLSMODE_TESTS_SUPPORT_CATCH_HPP

// Catch2 is one header in version 2 and many in version 3. Tests include this file and see the macros both have.
// Text matchers differ between the two: tests use std::string::find.
// GENERATE in version 2 keeps a reference to its first value: begin with a literal or with `as<T>{}`, never with a variable.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif
