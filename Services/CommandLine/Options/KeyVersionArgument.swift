import ArgumentParser

/// A key version: 16 hexadecimal digits.
struct KeyVersionArgument: ExpressibleByArgument {
    let value: UInt64

    init?(argument: String) {
        guard argument.utf8.count == 16, argument.allSatisfy(\.isHexDigit), let value = UInt64(argument, radix: 16),
            value != 0
        else { return nil }
        self.value = value
    }
}
