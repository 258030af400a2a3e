/// The field of 256 elements with the polynomial x⁸ + x⁴ + x³ + x + 1 (FIPS 197, 4.2). Without tables and branches, so
/// that neither time nor cache tells of the elements.
enum GaloisField {
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var (left, right, product) = (left, right, UInt8(0))
        for _ in 0..<8 {
            product ^= left & (0 &- (right & 1))
            left = (left &<< 1) ^ (0x1b & (0 &- (left &>> 7)))
            right &>>= 1
        }
        return product
    }

    /// The 254th power; 0 for 0.
    static func inverse(_ element: UInt8) -> UInt8 {
        var power = element
        for _ in 0..<6 { power = multiply(multiply(power, power), element) }
        return multiply(power, power)
    }
}
