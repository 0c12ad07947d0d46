import { AwsError } from '../../aws/aws-error.ts'
import { INVALID_PRODUCT_CODE, INVALID_USAGE_DIMENSION } from './errors.ts'

/**
 * What is sold. In AWS sellers publish products and buyers subscribe to them, for which there is no API here: an installation is
 * `open`, every well-formed product code is a product that every account may use with any dimension, or its operator declares
 * the products, and then nothing else is sold.
 */
export type ProductCatalog =
  | { readonly kind: 'open' }
  | { readonly kind: 'declared'; readonly products: ReadonlyMap<string, Product> }

export interface Product {
  readonly dimensions: readonly string[]
  /** Account ids of the customers that are subscribed. */
  readonly customers: readonly string[]
}

/** What a catalog says of one product; `open` where it has no opinion. */
export type CatalogEntry = Product | 'open'

/** @throws AwsError `InvalidProductCodeException` */
export function requireProduct(catalog: ProductCatalog, productCode: string): CatalogEntry {
  const entry = catalog.kind === 'open' ? 'open' : catalog.products.get(productCode)
  // The model allows an empty code; no product has it.
  if (productCode === '' || entry === undefined) {
    throw new AwsError(INVALID_PRODUCT_CODE, 'The product code does not match a product of this installation.')
  }
  return entry
}

/** @throws AwsError `InvalidUsageDimensionException` */
export function requireDimension(product: CatalogEntry, dimension: string): void {
  if (product === 'open' || product.dimensions.includes(dimension)) return
  throw new AwsError(
    INVALID_USAGE_DIMENSION,
    'The usage dimension does not match one of the dimensions of the product.',
  )
}

export function isEntitled(product: CatalogEntry, accountId: string): boolean {
  return product === 'open' || product.customers.includes(accountId)
}
