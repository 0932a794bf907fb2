// SPDX-License-Identifier: Apache-2.0
// DTDL names its units in words (degreeCelsius); people read symbols (°C). What is not listed, a
// symbol for instance, is shown as it came. Source: DTDL v3, "Quantitative Types".
const SYMBOLS: Record<string, string> = {
  metrePerSecondSquared: 'm/s²', gForce: 'g', radian: 'rad', degreeOfArc: '°', minuteOfArc: '′', secondOfArc: '″', turn: 'turn',
  radianPerSecond: 'rad/s', degreePerSecond: '°/s', revolutionPerSecond: 'r/s', revolutionPerMinute: 'rpm',
  squareMetre: 'm²', squareCentimetre: 'cm²', squareMillimetre: 'mm²', hectare: 'ha', squareKilometre: 'km²',
  farad: 'F', millifarad: 'mF', microfarad: 'µF', nanofarad: 'nF', picofarad: 'pF',
  ampere: 'A', microampere: 'µA', milliampere: 'mA', bitPerSecond: 'bit/s', kibibitPerSecond: 'Kibit/s', bytePerSecond: 'B/s',
  bit: 'bit', byte: 'B', kibibyte: 'KiB', mebibyte: 'MiB', gibibyte: 'GiB', tebibyte: 'TiB',
  kilogramPerCubicMetre: 'kg/m³', gramPerCubicMetre: 'g/m³', metre: 'm', centimetre: 'cm', millimetre: 'mm', micrometre: 'µm',
  nanometre: 'nm', kilometre: 'km', coulomb: 'C', joule: 'J', kilojoule: 'kJ', megajoule: 'MJ', gigajoule: 'GJ',
  electronvolt: 'eV', megaelectronvolt: 'MeV', kilowattHour: 'kWh', newton: 'N', pound: 'lbf', ounce: 'ozf',
  hertz: 'Hz', kilohertz: 'kHz', megahertz: 'MHz', gigahertz: 'GHz', kilogramPerHour: 'kg/h', kilogramPerSecond: 'kg/s',
  lux: 'lx', candela: 'cd', lumen: 'lm', henry: 'H', millihenry: 'mH', kilogram: 'kg', gram: 'g', milligram: 'mg',
  microgram: 'µg', tonne: 't', slug: 'slug', weber: 'Wb', maxwell: 'Mx', watt: 'W', microwatt: 'µW', milliwatt: 'mW',
  kilowatt: 'kW', megawatt: 'MW', gigawatt: 'GW', horsepower: 'hp', pascal: 'Pa', kilopascal: 'kPa', bar: 'bar',
  millibar: 'mbar', millimetresOfMercury: 'mmHg', poundPerSquareInch: 'psi', inchesOfMercury: 'inHg', decibel: 'dB',
  ohm: 'Ω', milliohm: 'mΩ', kiloohm: 'kΩ', megaohm: 'MΩ', kelvin: 'K', degreeCelsius: '°C', degreeFahrenheit: '°F',
  second: 's', millisecond: 'ms', microsecond: 'µs', nanosecond: 'ns', minute: 'min', hour: 'h', day: 'd', year: 'a',
  newtonMetre: 'N·m', metrePerSecond: 'm/s', centimetrePerSecond: 'cm/s', kilometrePerSecond: 'km/s', millimetrePerSecond: 'mm/s',
  metrePerHour: 'm/h', kilometrePerHour: 'km/h', milePerHour: 'mph', milePerSecond: 'mi/s', knot: 'kn',
  volt: 'V', millivolt: 'mV', microvolt: 'µV', kilovolt: 'kV', megavolt: 'MV', cubicMetre: 'm³', cubicCentimetre: 'cm³',
  litre: 'L', millilitre: 'mL', gallon: 'gal', fluidOunce: 'fl oz', litrePerSecond: 'L/s', litrePerHour: 'L/h',
  cubicMetrePerSecond: 'm³/s', percent: '%', perMinute: '/min', perSecond: '/s', reciprocalMinute: '/min', reciprocalSecond: '/s', unitless: '', unity: '', one: '',
};

/** The symbol of a unit as the model or the server names it, in the reader's language. */
export function symbol(unit: string | null | undefined, language = 'en'): string {
  if (!unit) return '';
  const found = SYMBOLS[unit] ?? unit;
  return found === 'rpm' && language.startsWith('zh') ? 'r/min' : found;
}
